import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DriverError } from '../../src/model/errors.js';
import { hasControlCharacters } from '../../src/model/printable.js';
import { logIn, withSsh } from '../../src/transport/ssh/connect.js';
import type { SshEndpoint } from '../../src/transport/ssh/endpoint.js';
import type { SshSession } from '../../src/transport/ssh/session.js';
import { effectContext } from '../contract/targetDriver.harness.js';
import { costOf, floodOf, hostileServer, login, password, rawPeer } from './hostileSsh.js';

const slackMs = 8_000;

/** The error of a session that must fail: relock's own, for a screen, without the secret. */
async function failureOf(endpoint: SshEndpoint, use: (session: SshSession) => Promise<unknown>, timeMs = 1_500) {
  const cost = await costOf(() =>
    withSsh(endpoint, login, effectContext(timeMs), use).then(
      () => null,
      (error: unknown) => error,
    ),
  );
  const { value: error } = cost;
  if (!(error instanceof DriverError)) throw new Error(`expected a DriverError, got ${inspect(error)}`);
  expect(hasControlCharacters(error.message)).toBe(false);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(password);
  expect(cost.ms).toBeLessThan(timeMs + slackMs);
  return { error, megabytes: cost.megabytes };
}

const run = (session: SshSession) => session.exec('true', { readyMark: 'relock-ready', whenReady: () => 'x' });

describe('silence at every stage ends at the deadline, and says so', () => {
  it.each<[string, () => Promise<SshEndpoint>]>([
    ['after the connection', () => rawPeer(() => undefined)],
    ['after its version', () => rawPeer((socket) => void socket.write('SSH-2.0-device\r\n'))],
    ['after the password', () => hostileServer({ onLogin: () => 'silence' })],
  ])('%s', async (_, start) => {
    const { value, ms } = await costOf(async () => logIn(await start(), login, effectContext(300)));
    expect(value).toEqual({ answer: 'unknown', failure: 'timeout' });
    expect(ms).toBeLessThan(700 + slackMs);
  });

  it.each<[string, (session: SshSession) => Promise<unknown>]>([
    ['a command that never ends', (session) => session.exec('true', { stdin: 'x'.repeat(8_000_000) })],
    ['a command that is never ready', run],
    ['a dialogue', async (session) => (await session.dialogue('passwd')).expect({ prompt: /: $/ }, 60_000)],
  ])('%s', async (_, use) => {
    const { error } = await failureOf(await hostileServer({}), use, 400);
    expect(error).toMatchObject({ code: 'Timeout', effect: 'none' });
  });
});

describe('a connection that is reset at any stage is no answer', () => {
  it.each<[string, () => Promise<SshEndpoint>]>([
    ['at once', () => rawPeer((socket) => void socket.resetAndDestroy())],
    [
      'after its version',
      () => rawPeer((socket) => void socket.write('SSH-2.0-x\r\n', () => socket.resetAndDestroy())),
    ],
    [
      'at the login',
      () =>
        hostileServer({
          onLogin: (_, socket) => {
            socket.resetAndDestroy();
            return 'silence';
          },
        }),
    ],
  ])('%s', async (_, start) => {
    const answer = await logIn(await start(), login, effectContext(5_000));
    expect(answer).toMatchObject({ answer: 'unknown' });
  });

  it('in the middle of a command', async () => {
    const endpoint = await hostileServer({ onStart: (_channel, _command, socket) => void socket.resetAndDestroy() });
    const { error } = await failureOf(endpoint, run, 5_000);
    expect(error).toMatchObject({ code: 'Unreachable', effect: 'none' });
  });
});

describe('bytes without end, before the login', () => {
  it.each<[string, Buffer]>([
    ['lines before the version', Buffer.from(`${'greetings '.repeat(400)}\r\n`)],
    ['one line without end', Buffer.alloc(64 * 1024, 'a')],
    ['noise', Buffer.from(Array.from({ length: 64 * 1024 }, (_, index) => (index * 7919) % 256))],
    ['NUL', Buffer.alloc(64 * 1024)],
    ['a packet that claims 2 GB', Buffer.from(`SSH-2.0-x\r\n${'\u007f'.repeat(60_000)}`)],
  ])('%s', async (_, chunk) => {
    let flood = { sent: () => 0 };
    const endpoint = await rawPeer((socket) => {
      flood = floodOf(socket, chunk);
    });
    const { value, megabytes, ms } = await costOf(() => logIn(endpoint, login, effectContext(3_000)));
    expect(value).toMatchObject({ answer: 'unknown' });
    expect(ms).toBeLessThan(3_000 + slackMs);
    expect(megabytes).toBeLessThan(120);
    expect(flood.sent()).toBeGreaterThan(0);
  });

  it('one byte after the other', async () => {
    const endpoint = await rawPeer((socket) => {
      const timer = setInterval(() => socket.write('a'), 5);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await logIn(endpoint, login, effectContext(600))).toEqual({ answer: 'unknown', failure: 'timeout' });
  });

  it('a banner of megabytes with escapes is read over, and none of it is shown', async () => {
    const endpoint = await hostileServer({ banner: '\u001b[2J\u001b]0;owned\u0007'.repeat(2_000) });
    const answer = await logIn(endpoint, login, effectContext(5_000));
    expect(answer.answer).toBe('accepted');
    if (answer.answer === 'accepted') answer.session.close();
  });
});

describe('output without end', () => {
  it('of a command: it is not read to the end, and costs little', async () => {
    const endpoint = await hostileServer({ onStart: (channel) => void floodOf(channel, Buffer.alloc(32_000, 'y')) });
    const startedAt = Date.now();
    const { value, megabytes } = await costOf(() => withSsh(endpoint, login, effectContext(30_000), run));
    expect([value.truncated, value.stdout.length, value.started]).toEqual([true, 256 * 1024, false]);
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    expect(megabytes).toBeLessThan(60);
  });

  it('on stderr, in single bytes, with escapes: cut off, with an end', async () => {
    const endpoint = await hostileServer({
      onStart: (channel) => void floodOf(channel.stderr, Buffer.from('\u001b')),
    });
    const { error, megabytes } = await failureOf(endpoint, run, 1_500);
    expect(['Timeout', 'Unreachable']).toContain(error.code);
    expect(megabytes).toBeLessThan(80);
  });

  it.each([
    ['escapes that never end', '\u001b;#'],
    ['half prompts', 'confirm password: '],
    ['white space after a prompt', 'new password:          '],
    ['line ends', '\n'],
  ])('of a dialogue: %s', async (_, text) => {
    const endpoint = await hostileServer({
      onStart: (channel) => void floodOf(channel, Buffer.from(text.repeat(Math.ceil(8_000 / text.length)))),
    });
    let longestPauseMs = 0;
    let last = Date.now();
    const beat = setInterval(() => {
      longestPauseMs = Math.max(longestPauseMs, Date.now() - last);
      last = Date.now();
    }, 10);
    const { error, megabytes } = await failureOf(
      endpoint,
      async (session) => (await session.dialogue('passwd')).expect({ never: /no such prompt$/ }, 60_000),
      1_500,
    );
    clearInterval(beat);
    expect(['Timeout', 'Unreachable']).toContain(error.code);
    expect(megabytes).toBeLessThan(120);
    expect(longestPauseMs).toBeLessThan(5_000);
  });

  it('requests and channels without end, whose answers are never read', async () => {
    const endpoint = await hostileServer({
      onConnection: (connection, socket) =>
        connection.on('ready', () => {
          socket.pause();
          const open = () => {
            if (socket.destroyed) return;
            for (let count = 0; count < 200; count += 1) {
              connection.forwardOut('127.0.0.1', 1, '127.0.0.1', 2, () => undefined);
            }
            setImmediate(open);
          };
          open();
        }),
    });
    const { error, megabytes } = await failureOf(endpoint, run, 2_000);
    expect(['Timeout', 'Unreachable', 'Refused']).toContain(error.code);
    // The server's own side of it is in this process, too.
    expect(megabytes).toBeLessThan(700);
  });
});

describe('what a device says never gets into an error', () => {
  it('the secret, said back on every way', async () => {
    const endpoint = await hostileServer({
      banner: password,
      onStart: (channel) => {
        channel.write(`\u001b[31m${password}\n`);
        channel.stderr.write(`sudo: ${password}: no\n`);
        channel.exit(1);
        channel.end();
      },
    });
    const result = await withSsh(endpoint, login, effectContext(5_000), run);
    expect(result).toMatchObject({ code: 1, started: false });
    const { error } = await failureOf(endpoint, async (session) => {
      await run(session);
      throw session.failure('Refused', 'as a driver would say it');
    });
    expect(error.message).toBe(`127.0.0.1:${endpoint.address.port}: as a driver would say it`);
  });
});
