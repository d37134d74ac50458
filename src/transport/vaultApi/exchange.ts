import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** An idle connection is closed before servers and firewalls usually do. */
const idleMs = 30_000;
const maxSockets = 64;

export interface Connection {
  readonly secure: boolean;
  readonly agent: HttpAgent;
}

export interface HttpMessage {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  /** A longer answer is not read to its end. */
  readonly maxAnswerBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

export type FailureKind = 'notConnected' | 'badCertificate' | 'connectionLost' | 'stopped' | 'tooLarge';

/** Why there is no answer. It is built here from nothing but these two facts: Node's own errors never leave this file. */
export class ExchangeFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    /** The server may have got the request. */
    readonly sent: boolean,
  ) {
    super(kind);
  }
}

export function connectionTo(url: URL, caPem: string | null): Connection {
  const options = { keepAlive: true, timeout: idleMs, maxSockets };
  if (url.protocol === 'http:') return { secure: false, agent: new HttpAgent(options) };
  // Said explicitly, for NODE_TLS_REJECT_UNAUTHORIZED would else switch it off unseen.
  const checked = { ...options, rejectUnauthorized: true };
  return { secure: true, agent: new HttpsAgent(caPem === null ? checked : { ...checked, ca: caPem }) };
}

/** One HTTP/1.1 exchange: no redirects, no proxies from the environment, bounded answer. Rejects with `ExchangeFailure`. */
export function exchange(connection: Connection, message: HttpMessage, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let sent = false;
    const start = connection.secure ? httpsRequest : httpRequest;
    const length = message.body === null ? {} : { 'Content-Length': String(message.body.length) };
    const request = start(message.url, {
      method: message.method,
      headers: { ...message.headers, ...length },
      agent: connection.agent,
      signal,
    });
    whenConnected(request, connection.secure, () => {
      sent = true;
    });
    request.on('response', (response) =>
      collect(response, message.maxAnswerBytes).then(resolve, (error) => reject(failure(error, signal, true))),
    );
    request.on('error', (error) => reject(failure(error, signal, sent)));
    request.end(message.body ?? undefined);
  });
}

function whenConnected(request: ClientRequest, secure: boolean, connected: () => void): void {
  request.on('socket', (socket) => {
    if (request.reusedSocket) connected();
    else socket.once(secure ? 'secureConnect' : 'connect', connected);
  });
}

async function collect(response: IncomingMessage, maxAnswerBytes: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > maxAnswerBytes) {
      response.destroy();
      throw new ExchangeFailure('tooLarge', true);
    }
    chunks.push(part);
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}

function failure(error: unknown, signal: AbortSignal, sent: boolean): ExchangeFailure {
  if (error instanceof ExchangeFailure) return error;
  if (signal.aborted) return new ExchangeFailure('stopped', sent);
  if (sent) return new ExchangeFailure('connectionLost', true);
  return new ExchangeFailure(isCertificateProblem(error) ? 'badCertificate' : 'notConnected', false);
}

const certificateCodes = /^(CERT_|ERR_TLS_CERT|ERR_SSL_|EPROTO$|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY)_)/;

function isCertificateProblem(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return typeof error.code === 'string' && certificateCodes.test(error.code);
}
