import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { PostgresqlPasswordDriver } from '../../src/targets/postgresql/passwordDriver.js';
import { postgresqlSettings } from '../../src/targets/postgresql/settings.js';

/** One message of PostgreSQL's protocol: type, length, body. */
export function message(type: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** What an ErrorResponse or NoticeResponse has in it. */
export function fields(values: Readonly<Record<string, string>>): Buffer {
  return Buffer.from(
    `${Object.entries(values)
      .map(([type, text]) => `${type}${text}\0`)
      .join('')}\0`,
  );
}

export const asksForScram = message('R', int32(10), 'SCRAM-SHA-256\0\0');
export const ok = message('R', int32(0));
export const ready = message('Z', 'I');

/** A peer that gets the start-up message, and every later one, and answers as told. */
export async function databasePeer(
  answer: (socket: Socket, said: Buffer, turn: number) => void,
): Promise<PostgresqlPasswordDriver> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let turn = 0;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (said) => answer(socket, said, turn++));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const settings = postgresqlSettings.parse({ address: `127.0.0.1:${port}`, tls: 'off' });
  return new PostgresqlPasswordDriver(
    { id: 'db-01', settings },
    { now: Date.now, baseDirectory: '.', environment: {} },
  );
}
