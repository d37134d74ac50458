import { once } from 'node:events';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** One request, whole, as it came. */
export interface Passing {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** `hold`: stands still on the way there; `holdReply`: it arrives, and its answer stands still; `deny`: 403, it never arrives. */
export type Verdict = 'pass' | 'hold' | 'holdReply' | 'deny';

export interface HoldingProxy {
  /** `http://127.0.0.1:port`. */
  readonly address: string;
  /** Asked about each request, in order of arrival. */
  judge: (passing: Passing) => Verdict;
  /** Told of each answer, when the server gave it. */
  answered: (passing: Passing, status: number) => void;
  /** What stands still goes on, as far as who asked is still there. */
  letGo(): void;
  close(): Promise<void>;
}

/** Passes HTTP on to that server, except what is to stand still. What its asker no longer waits for never arrives. */
export async function holdingProxy(upstream: string): Promise<HoldingProxy> {
  const { hostname, port } = new URL(upstream);
  let waiting: (() => void)[] = [];
  const standStill = () => new Promise<void>((resolve) => waiting.push(resolve));
  const proxy: Pick<HoldingProxy, 'judge' | 'answered'> = { judge: () => 'pass', answered: () => undefined };

  const server = createServer((incoming, outgoing) => {
    void handle(incoming, outgoing).catch(() => outgoing.destroy());
  });

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const body = Buffer.concat(await incoming.toArray());
    const passing = { method, path, body: body.toString() };
    const verdict = proxy.judge(passing);
    if (verdict === 'deny') {
      outgoing.writeHead(403, { 'content-type': 'application/json' }).end('{"errors":["permission denied"]}');
      return;
    }
    if (verdict === 'hold') await standStill();
    if (outgoing.destroyed) return;
    const forwarded = ask({ hostname, port, method, path, headers }).end(body);
    const [answer]: IncomingMessage[] = await once(forwarded, 'response');
    const status = answer?.statusCode ?? 502;
    proxy.answered(passing, status);
    if (verdict === 'holdReply') await standStill();
    outgoing.writeHead(status, answer?.headers);
    answer?.pipe(outgoing);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return Object.assign(proxy, {
    address: `http://127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`,
    letGo() {
      const now = waiting;
      waiting = [];
      for (const resume of now) resume();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
