import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a probe is told: 200 or 503, and why. */
export interface Health {
  readonly ok: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface HealthSources {
  /** The process need not be restarted. */
  alive(): Health;
  /** It takes work: false while it drains. */
  ready(): Promise<Health>;
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Slow or silent clients must not hold a connection. */
const requestTimeoutMs = 10_000;

/**
 * `/healthz`, `/readyz` and `/metrics` on one address, over plain HTTP and without a login: they hold neither secrets nor
 * names of credentials. Throws when the address is taken.
 */
export async function startHealthServer(host: string, port: number, sources: HealthSources): Promise<HealthServer> {
  const routes: Readonly<Record<string, () => Promise<Answer>>> = {
    '/healthz': async () => healthAnswer(sources.alive()),
    '/readyz': async () => healthAnswer(await sources.ready()),
    '/metrics': async () => ({ status: 200, type: 'text/plain; version=0.0.4', text: await sources.metrics() }),
  };
  const server = createServer({ requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs });
  server.on('request', async (request, response) => {
    const route = request.method === 'GET' ? routes[(request.url ?? '').split('?')[0] ?? ''] : undefined;
    const { status, type, text } = await answerOf(route);
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
  });
  await listen(server, host, port);
  return { port: portOf(server.address()), close: () => close(server) };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

async function answerOf(route: (() => Promise<Answer>) | undefined): Promise<Answer> {
  const plain = { type: 'text/plain' };
  if (route === undefined) return { ...plain, status: 404, text: 'see /healthz, /readyz, /metrics\n' };
  return route().catch(() => ({ ...plain, status: 500, text: 'it could not be found out\n' }));
}

function healthAnswer({ ok, details }: Health): Answer {
  return { status: ok ? 200 : 503, type: 'application/json', text: `${JSON.stringify({ ok, ...details })}\n` };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(address: AddressInfo | string | null): number {
  return address !== null && typeof address === 'object' ? address.port : 0;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
