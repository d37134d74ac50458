import { createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { logInToVty } from '../../src/targets/frr/vtyLogin.js';
import { effectContext } from '../contract/targetDriver.harness.js';
import { costOf, floodOf } from './hostileSsh.js';
import { ownersText } from './ownersText.js';

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
    expect(['unknown', 'mute']).toContain(await answerOf((socket) => void socket.resetAndDestroy()));
    expect(await answerOf((socket) => void socket.end('Password: '))).toBe('mute');
  });

  it('the password said back is no prompt', async () => {
    const echo = (socket: Socket) => {
      socket.write('\xff\xfb\x01Password: ', 'latin1');
      socket.on('data', (said) => socket.write(said));
    };
    expect(await answerOf(echo, 400)).toBe('unknown');
  });
});

/** The bytes that FRR 8 sends between its greeting and its prompt. */
const offers = '\xff\xfb\x01\xff\xfb\x03\xff\xfe\x22\xff\xfd\x1f';

/** Sends a text in pieces that arrive one by one. */
async function inPieces(socket: Socket, text: string, cuts: readonly number[]): Promise<void> {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort((a, b) => a - b);
  for (const [index, from] of places.entries()) {
    socket.write(text.slice(from, places[index + 1] ?? from), 'latin1');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** As FRR's VTY does (lib/vty.c): asks three times, or takes every line for a command, and says that back. */
function vtyWith(greeting: string, cuts: readonly number[], asks: boolean, right: string) {
  return (socket: Socket) => {
    let loggedIn = !asks;
    let typed = '';
    const lineOf = (line: string) => {
      if (loggedIn) socket.write(line === '' ? '\r\nripd> ' : `${line}\r\n% [RIP] Unknown command: ${line}\r\nripd> `);
      else {
        loggedIn = line === right;
        socket.write(loggedIn ? '\r\nripd> ' : '\r\nPassword: ');
      }
    };
    const whole = `${greeting}${asks ? '\r\nUser Access Verification\r\n\r\n' : ''}${offers}${asks ? 'Password: ' : 'ripd> '}`;
    // What is typed too early waits until the greeting is said.
    const greeted = inPieces(socket, whole, cuts);
    socket.on('data', (said) => {
      typed += said.toString('latin1');
      void greeted.then(() => {
        const lines = typed.split('\r');
        typed = lines.pop() ?? '';
        lines.forEach(lineOf);
      });
    });
  };
}

/** What an owner may write into `banner motd`. */
const notice = ownersText(
  ['Password: ', 'ripd> ', 'ripd# ', 'Vty password is not set.', '% Bad passwords, too many failures!'],
  ['\r\n', '\n', ' ', 'User Access Verification'],
  'binary-ascii',
);
const cuts = fc.array(fc.nat(400), { maxLength: 4 });

describe('T18 T20 what the owner of a router writes into its greeting decides nothing', { timeout: 60_000 }, () => {
  test('a VTY that asks: the right password is accepted, a wrong one rejected, whatever it says before', async () => {
    const property = fc.asyncProperty(notice, cuts, fc.boolean(), async (text, where, isRight) => {
      const answer = await answerOf(vtyWith(text, where, true, isRight ? 'Hush-7391' : 'other'), 400);
      expect(answer).toBe(isRight ? 'accepted' : 'rejected');
    });
    await fc.assert(property, { seed: 18, numRuns: 60 });
  });

  test('a VTY that asks for nothing is seen to, whatever it says before', async () => {
    const property = fc.asyncProperty(notice, cuts, async (text, where) => {
      expect(await answerOf(vtyWith(text, where, false, ''), 400)).toBe('open');
    });
    await fc.assert(property, { seed: 18, numRuns: 60 });
  });

  test('telnet commands in the greeting, too: a VTY that asks for nothing takes the password for a command', async () => {
    const motd = `Maintenance on Sunday. ${offers}Password: `;
    expect(await answerOf(vtyWith(motd, [motd.length], false, ''), 400)).toBe('unknown');
  });

  test('without a notice both answers come', async () => {
    expect(await answerOf(vtyWith('', [], true, 'Hush-7391'), 400)).toBe('accepted');
    expect(await answerOf(vtyWith('', [], true, 'other'), 400)).toBe('rejected');
    expect(await answerOf((socket) => void socket.end('Vty password is not set.\r\n'))).toBe('mute');
  });
});
