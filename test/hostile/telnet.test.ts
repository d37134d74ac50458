import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { logInToVty } from '../../src/targets/frr/vtyLogin.js';
import { effectContext } from '../contract/targetDriver.harness.js';
import { costOf, floodOf } from './hostileSsh.js';

async function answerOf(serve: (socket: Socket) => void, timeMs = 1_000) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const cost = await costOf(() => logInToVty({ host: '127.0.0.1', port }, 'Hush-7391', effectContext(timeMs)));
  expect(cost.ms).toBeLessThan(timeMs + 5_000);
  expect(cost.megabytes).toBeLessThan(60);
  return cost.value;
}

describe('a telnet VTY that misbehaves decides nothing, and costs little', () => {
  it.each<[string, string]>([
    ['text', 'no prompt here '],
    ['escapes', '\u001b[2J\u001b]0;x'],
    ['negotiation', '\xff\xfd\x18'],
    ['negotiation without end', '\xff\xfa'],
    ['half prompts', 'Password:'],
    ['one line', 'a'],
  ])('%s without end', async (_, piece) => {
    const chunk = Buffer.from(piece.repeat(Math.ceil(8_000 / piece.length)), 'latin1');
    expect(await answerOf((socket) => void floodOf(socket, chunk))).toBe('unknown');
  });

  it('nothing, and hanging up at once', async () => {
    expect(await answerOf(() => undefined, 300)).toBe('unknown');
    expect(await answerOf((socket) => void socket.resetAndDestroy())).toBe('unknown');
    expect(await answerOf((socket) => void socket.end('Password: '))).toBe('unknown');
  });

  it('the password said back is no prompt', async () => {
    const echo = (socket: Socket) => {
      socket.write('\xff\xfb\x01Password: ', 'latin1');
      socket.on('data', (said) => socket.write(said));
    };
    expect(await answerOf(echo, 400)).toBe('unknown');
  });
});
