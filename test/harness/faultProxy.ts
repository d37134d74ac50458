import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type Passage, ProxiedConnection } from './proxiedConnection.js';

export interface ProxiedRequest {
  /** Counts from 1, over all connections. */
  readonly number: number;
  /** Its bytes as Latin-1; empty where it is the connection itself. */
  readonly text: string;
}

export interface FaultProxyOptions {
  readonly host: string;
  readonly port: number;
  /** `http`: a request is an HTTP/1.1 request. `bytes`: a connection, and each time that the client speaks after the server did. */
  readonly speaks: 'http' | 'bytes';
  /** Asked for each request, which waits for the answer. */
  readonly decide: (request: ProxiedRequest) => Passage | Promise<Passage>;
  /** How long `late` holds a request back. */
  readonly lateMs?: number;
}

export interface FaultProxy {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Nobody listens there any more, and what was open is reset. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Ends what hangs; returns when what was held back has arrived. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** A TCP proxy in front of a real server that counts requests and does to each what it is told. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const connections = new Set<ProxiedConnection>();
  let requests = 0;
  const decide = async (text: string) => options.decide({ number: ++requests, text });
  const accept = (client: Socket) => {
    const connection = new ProxiedConnection(client, { lateMs: 10_000, ...options, decide });
    connections.add(connection);
    void connection.ended.then(() => connections.delete(connection));
  };
  let server = createServer(accept);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
  const down = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const connection of connections) connection.reset();
    await closed;
  };
  return {
    address: `127.0.0.1:${port}`,
    down,
    async up() {
      if (server.listening) return;
      server = createServer(accept);
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async settle() {
      await Promise.all([...connections].map((connection) => connection.settle()));
    },
    close: down,
  };
}

/** In front of an HTTP server at this URL: requests that match arrive and are answered, and the answer is lost. */
export function losingReplies(
  upstream: string,
  matches: (request: string) => boolean,
  speaks: FaultProxyOptions['speaks'] = 'http',
): Promise<FaultProxy> {
  const { hostname: host, port } = new URL(upstream);
  const decide = ({ text }: ProxiedRequest) => (matches(text) ? 'loseReply' : 'pass');
  return startFaultProxy({ host, port: Number(port), speaks, decide });
}
