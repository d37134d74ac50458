import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import type { WriteDecoding } from './decodeLog.js';
import type { EncryptingCodec } from './encryptingCodec.js';
import { CodecError } from './keyRing.js';
import { keyNamesIn, printableKey } from './sealed.js';

export interface CodecServerOptions {
  readonly codec: EncryptingCodec;
  /** Pages of these origins may ask, such as `http://127.0.0.1:8233`. */
  readonly origins: readonly string[];
  /** Is told of each list of payloads before it is decrypted. */
  readonly log: WriteDecoding;
}

export interface CodecServer {
  /** What the UI is given; it holds the token. */
  readonly endpoint: string;
  close(): Promise<void>;
}

const maxNamespaceLength = 255;
const maxBodyBytes = 8 * 1024 * 1024;
const payloadSchema = z.object({ metadata: z.record(z.string(), z.base64()).optional(), data: z.base64().optional() });
const bodySchema = z.object({ payloads: z.array(payloadSchema) });

/**
 * Encrypts and decrypts for the pages of a Temporal UI on this machine. It listens on 127.0.0.1 only; the token is part of
 * its path, since the UI sends headers of its own only over TLS.
 */
export async function startCodecServer(options: CodecServerOptions): Promise<CodecServer> {
  const token = randomBytes(32).toString('base64url');
  const server = createServer((request, response) => void handle(request, response, token, options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}/${token}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
  { codec, origins, log }: CodecServerOptions,
): Promise<void> {
  const { origin } = request.headers;
  if (origin !== undefined && !origins.includes(origin)) return reply(response, 403);
  if (origin !== undefined) allow(response, origin);
  if (request.method === 'OPTIONS') return reply(response, 204);
  const operation = operationOf(request, token);
  if (operation === null || request.method !== 'POST') return reply(response, 404);
  try {
    const payloads = payloadsOf(await bodyOf(request));
    if (operation === 'decode') writeDown(log, request, payloads);
    const done = operation === 'decode' ? await codec.decode(payloads) : await codec.encode(payloads);
    reply(response, 200, { payloads: done.map(jsonOf) });
  } catch (error) {
    reply(response, 400, { message: error instanceof CodecError ? error.message : 'this is not a list of payloads' });
  }
}

function writeDown(log: WriteDecoding, { headers }: IncomingMessage, payloads: readonly Payload[]): void {
  const { origin = null, 'x-namespace': namespace } = headers;
  const keys = [...new Set(keyNamesIn(payloads).map(printableKey))].sort();
  const named = typeof namespace === 'string' ? namespace.slice(0, maxNamespaceLength) : null;
  try {
    log({ origin, namespace: named, payloads: payloads.length, keys });
  } catch {
    throw new CodecError('the decode log cannot be written, so nothing is decrypted: see that its disk is not full');
  }
}

function allow(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'origin');
  response.setHeader('access-control-allow-methods', 'POST');
  response.setHeader(
    'access-control-allow-headers',
    'content-type, x-namespace, authorization, authorization-extras, caller-type',
  );
}

/** The UI adds a query of its own. */
function operationOf({ url = '' }: IncomingMessage, token: string): 'decode' | 'encode' | null {
  const [path] = url.split('?');
  if (path === `/${token}/decode`) return 'decode';
  return path === `/${token}/encode` ? 'encode' : null;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > maxBodyBytes) throw new CodecError(`more than ${maxBodyBytes} bytes; nothing was read`);
    chunks.push(bytes);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function payloadsOf(body: unknown): Payload[] {
  return bodySchema.parse(body).payloads.map(({ metadata = {}, data = '' }) => {
    const entries = Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value, 'base64')]);
    return { metadata: Object.fromEntries(entries), data: Buffer.from(data, 'base64') };
  });
}

function jsonOf({ metadata, data }: Payload) {
  const entries = Object.entries(metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data ?? []).toString('base64') };
}

function reply(response: ServerResponse, status: number, body?: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(body === undefined ? '' : JSON.stringify(body));
}
