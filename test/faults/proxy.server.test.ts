import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createConnection, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { type FaultProxy, type FaultProxyOptions, startFaultProxy } from '../harness/faultProxy.js';
import type { Passage } from '../harness/proxiedConnection.js';

const lateMs = 600;
let proxy: FaultProxy;
let done: string[];
let server: Server | TcpServer;

afterEach(async () => {
  await proxy.close();
  if ('closeAllConnections' in server) server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function listening(started: Server | TcpServer): Promise<number> {
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const bound = started.address();
  return bound !== null && typeof bound === 'object' ? bound.port : 0;
}

function breaking(port: number, speaks: FaultProxyOptions['speaks'], passage: Passage, at = 1): Promise<FaultProxy> {
  const decide = ({ number }: { number: number }) => (number === at ? passage : 'pass');
  return startFaultProxy({ host: '127.0.0.1', port, speaks, decide, lateMs });
}

const arrived = (what: string) => waitUntil(async () => done.includes(what) || undefined, { what, timeoutMs: 10_000 });

describe('HTTP', () => {
  let port: number;
  beforeEach(async () => {
    done = [];
    port = await listening(createServer((request, response) => void body(request, () => response.end('done'))));
  });

  async function body(request: IncomingMessage, answer: () => void): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
    } catch {
      return;
    }
    done.push(Buffer.concat(chunks).toString());
    answer();
  }

  const put = (text: string, timeoutMs = 5_000) =>
    fetch(`http://${proxy.address}/`, { method: 'PUT', body: text, signal: AbortSignal.timeout(timeoutMs) }).then(
      async (answer) => `${answer.status} ${await answer.text()}`,
      (error: Error) => error.name,
    );

  test('counts requests, not connections, and passes a body of many packets whole', async () => {
    proxy = await breaking(port, 'http', 'cutBefore', 3);
    const long = 'x'.repeat(300_000);
    expect([await put('a'), await put(long), await put('b'), await put('c')]).toEqual([
      '200 done',
      '200 done',
      'TypeError',
      '200 done',
    ]);
    expect(done).toEqual(['a', long, 'c']);
  });

  const cases: readonly [Passage, answer: string, effect: readonly string[]][] = [
    ['cutBefore', 'TypeError', []],
    ['cutInside', 'TypeError', []],
    ['loseReply', 'TypeError', ['it']],
    ['hangBefore', 'TimeoutError', []],
    ['hangAfter', 'TimeoutError', ['it']],
    ['pretend', '204 ', []],
  ];
  test.each(cases)('%s: the caller sees %s, the server did %j', async (passage, answer, effect) => {
    proxy = await breaking(port, 'http', passage);
    expect(await put('it', 1_000)).toBe(answer);
    expect(await put('next')).toBe('200 done');
    expect(done).toEqual([...effect, 'next']);
  });

  test('cutReply: the caller hears half', async () => {
    proxy = await breaking(port, 'http', 'cutReply');
    expect(await put('it')).toBe('TypeError');
    expect(done).toEqual(['it']);
  });

  test('late: after the caller gave up, and `settle` waits for it', async () => {
    proxy = await breaking(port, 'http', 'late');
    expect(await put('it', 200)).toBe('TimeoutError');
    expect(await put('next')).toBe('200 done');
    await proxy.settle();
    expect(done).toEqual(['next', 'it']);
  });

  test('down and up at the same address', async () => {
    proxy = await breaking(port, 'http', 'pass');
    await proxy.down();
    expect(await put('it')).toBe('TypeError');
    await proxy.up();
    expect(await put('next')).toBe('200 done');
    expect(done).toEqual(['next']);
  });
});

describe('bytes', () => {
  let port: number;
  beforeEach(async () => {
    done = [];
    const echo = createTcpServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (bytes) => {
          done.push(bytes.toString());
          socket.write(`did ${bytes}`);
        });
      socket.write('hello');
    });
    port = await listening(echo);
  });

  /** Says each after an answer to the one before; what was heard, and whether the connection still stands after a while. */
  async function talk(...says: readonly string[]): Promise<readonly string[]> {
    const [host = '', at] = proxy.address.split(':');
    const socket = createConnection({ host, port: Number(at) });
    const heard: string[] = [];
    const ended = new Promise<void>((resolve) => socket.on('error', () => undefined).on('close', () => resolve()));
    socket.on('data', (bytes) => {
      heard.push(bytes.toString());
      const next = says[heard.length - 1];
      if (next !== undefined) socket.write(next);
    });
    await Promise.race([ended, delay(1_500).then(() => socket.destroy())]);
    return heard;
  }

  test('a connection is a request, and so is each turn of the client', async () => {
    const seen: string[] = [];
    const decide = ({ number, text }: { number: number; text: string }): Passage => {
      seen.push(`${number} ${text}`);
      return 'pass';
    };
    proxy = await startFaultProxy({ host: '127.0.0.1', port, speaks: 'bytes', decide });
    expect(await talk('one', 'two')).toEqual(['hello', 'did one', 'did two']);
    expect(seen).toEqual(['1 ', '2 one', '3 two']);
  });

  const atConnection: readonly [Passage, readonly string[]][] = [
    ['cutBefore', []],
    ['hangBefore', []],
    ['hangAfter', []],
    ['loseReply', []],
  ];
  test.each(atConnection)('the connection, %s', async (passage, heard) => {
    proxy = await breaking(port, 'bytes', passage);
    expect(await talk('one')).toEqual(heard);
    expect(done).toEqual([]);
  });

  const inside: readonly [Passage, heard: readonly string[], effect: readonly string[]][] = [
    ['cutBefore', ['hello', 'did one'], ['one']],
    ['cutInside', ['hello', 'did one'], ['one', 'tw']],
    ['loseReply', ['hello', 'did one'], ['one', 'two!']],
    ['hangBefore', ['hello', 'did one'], ['one']],
    ['hangAfter', ['hello', 'did one'], ['one', 'two!']],
    ['cutReply', ['hello', 'did one', 'did '], ['one', 'two!']],
  ];
  test.each(inside)('the second turn, %s', async (passage, heard, effect) => {
    proxy = await breaking(port, 'bytes', passage, 3);
    expect(await talk('one', 'two!', 'three')).toEqual(heard);
    for (const what of effect) await arrived(what);
    expect(done).toEqual(effect);
  });

  test('late: what the client said arrives when it is gone', async () => {
    proxy = await breaking(port, 'bytes', 'late', 3);
    expect(await talk('one', 'two!')).toEqual(['hello', 'did one']);
    await proxy.settle();
    expect(done).toEqual(['one', 'two!']);
  });
});
