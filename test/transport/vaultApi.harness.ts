import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { DriverError } from '../../src/model/errors.js';
import { Secret } from '../../src/secret/secret.js';
import type { VaultApiCall } from '../../src/transport/vaultApi/call.js';
import { createVaultApi } from '../../src/transport/vaultApi/client.js';

export const tokenText = 's.TOKEN-that-must-not-leak';
export const valueText = 'VALUE-that-must-not-leak';
export const token = Secret.of({ token: tokenText });

export const write: VaultApiCall = {
  method: 'POST',
  path: ['secret', 'data', 'itron', 'a'],
  body: { data: { password: valueText } },
  subject: 'itron/a',
};
export const read: VaultApiCall = { method: 'GET', path: ['secret', 'data', 'itron', 'a'], subject: 'itron/a' };

export function context(timeoutMs = 5_000, signal = new AbortController().signal) {
  return { signal, deadline: Date.now() + timeoutMs };
}

export function api(address: string) {
  return createVaultApi({ driver: 'openbao', address, caPem: null });
}

/** The error of a call that must fail, after everything that can be printed of it was searched for secrets. */
export async function failureOf(call: Promise<unknown>): Promise<DriverError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DriverError)) throw new Error(`expected a DriverError, got ${inspect(error)}`);
  const printed = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), error.stack, String(error)];
  const leaked = printed.filter((text) => text?.includes('must-not-leak'));
  if (leaked.length > 0 || error.cause !== undefined) throw new Error('the error carries a secret, or a cause');
  return error;
}

export interface RawServer {
  readonly address: string;
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[];
  stop(): Promise<void>;
}

/** An HTTP server that answers as it is told, for what a healthy vault never does. */
export async function rawServer(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<RawServer> {
  const requests: RawServer['requests'] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', headers: request.headers });
    request.resume().on('end', () => answer(response, request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: `http://127.0.0.1:${port}`, requests, stop };
}
