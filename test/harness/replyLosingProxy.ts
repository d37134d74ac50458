import { createConnection, createServer, type Socket } from 'node:net';

export interface Proxy {
  /** `http://127.0.0.1:port`. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Passes HTTP/1.1 on to that server, until a request whose head matches: it arrives there and is answered, and the
 * answer is lost with the connection.
 */
export async function replyLosingProxy(upstream: string, matches: (head: string) => boolean): Promise<Proxy> {
  const { hostname, port } = new URL(upstream);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const behind = createConnection({ host: hostname, port: Number(port) });
    let lose = false;
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.on('data', (bytes) => {
      lose ||= matches(bytes.toString('latin1').split('\r\n\r\n', 1)[0] ?? '');
      behind.write(bytes);
    });
    behind.on('data', (bytes) => {
      if (lose) client.destroy();
      else client.write(bytes);
    });
    client.on('close', () => behind.destroy());
    behind.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return {
    address: `http://127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
