import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DriverError } from '../../src/model/errors.js';
import { Secret } from '../../src/secret/secret.js';
import { effectContext } from '../contract/targetDriver.harness.js';
import { asksForScram, databasePeer, fields, int32, message, ok, ready } from './databasePeer.js';
import { costOf, floodOf, password } from './hostileSsh.js';

const secret = Secret.of({ password });

type Answer = (socket: Socket, said: Buffer, turn: number) => void;

const nonceOf = (said: Buffer) => /r=([A-Za-z0-9+/=]+)/.exec(said.toString('latin1'))?.[1] ?? '';
const scram =
  (iterations: string): Answer =>
  (socket, said, turn) => {
    if (turn === 0) socket.write(asksForScram);
    if (turn === 1) socket.write(message('R', int32(11), `r=${nonceOf(said)}more,s=c2FsdHNhbHQ=,i=${iterations}`));
    if (turn === 2) socket.write(Buffer.concat([message('R', int32(12), 'v=AAAA'), ok, ready]));
  };

/** What a probe came to: an answer, or an error that carries no secret. */
async function probe(answer: Answer, timeMs = 3_000) {
  const driver = await databasePeer(answer);
  const cost = await costOf(() =>
    driver
      .probe('svc', secret, effectContext(timeMs))
      .then(({ answer: said }) => said)
      .catch((error: unknown) => {
        if (!(error instanceof DriverError)) throw new Error(`foreign error ${inspect(error)}`);
        expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(new RegExp(`${password}|\\p{Cc}\\[`, 'u'));
        return error.code;
      }),
  );
  expect(cost.ms).toBeLessThan(timeMs + 8_000);
  return cost;
}

describe('a PostgreSQL peer that breaks the protocol', () => {
  it.each<[string, Buffer]>([
    ['an error without an end', message('E', 'SFATAL\0C28P01\0Mno')],
    ['an error whose last field has no type', message('E', 'SFATAL')],
    ['an empty error', message('E')],
    ['a row with fewer than no columns', message('D', Buffer.from([0xff, 0xff]))],
    ['a description that is cut off', message('T', Buffer.from([0x7f, 0xff]))],
    ['an unknown way of login', message('R', int32(99))],
    ['a proof that nobody asked for', message('R', int32(12), 'v=AAAA')],
    ['a challenge that nobody asked for', message('R', int32(11), 'r=a,s=YQ==,i=1')],
    ['a length of 2 GB', Buffer.from([0x52, 0x7f, 0xff, 0xff, 0xff])],
    ['a length of nothing', Buffer.from([0x52, 0, 0, 0, 0])],
    ['an unknown message', message('?', 'x')],
    ['noise', Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7919) % 251))],
  ])('%s is no decision, and harms nothing', async (_, bytes) => {
    const { value } = await probe((socket) => void socket.end(bytes));
    expect(value).toBe('unknown');
  });

  it.each<[string, Buffer]>([
    ['notices', message('N', fields({ S: 'NOTICE', M: '\u001b[2J'.repeat(200) }))],
    ['settings', message('S', 'a\0b\0')],
    ['one message of 2 GB', Buffer.concat([Buffer.from([0x4e, 0x7f, 0xff, 0xff, 0xff]), Buffer.alloc(60_000, 'x')])],
    ['empty bytes', Buffer.alloc(60_000)],
  ])('%s without end: bounded', async (_, chunk) => {
    const { value, megabytes } = await probe((socket, _said, turn) => {
      if (turn === 0) floodOf(socket, chunk);
    });
    expect(value).toBe('unknown');
    expect(megabytes).toBeLessThan(150);
  });

  it('silence, and single bytes: ends at the deadline', async () => {
    expect((await probe(() => undefined, 500)).value).toBe('unknown');
    const drip: Answer = (socket) => {
      const timer = setInterval(() => socket.write('N'), 5);
      socket.on('close', () => clearInterval(timer));
    };
    expect((await probe(drip, 500)).value).toBe('unknown');
  });

  it('a count of iterations that would take hours is not computed', async () => {
    const { value, ms } = await probe(scram('2000000000'));
    expect(value).toBe('unknown');
    expect(ms).toBeLessThan(2_500);
  });

  it('whoever lets us in without proof that it knows the password, proved nothing', async () => {
    expect((await probe(scram('4096'))).value).toBe('Misconfigured');
    const early: Answer = (socket, said, turn) => {
      if (turn === 0) socket.write(Buffer.concat([asksForScram, ok, ready]));
      else scram('4096')(socket, said, turn);
    };
    expect((await probe(early)).value).toBe('Misconfigured');
  });

  it('an error that quotes what was sent is known by its code alone', async () => {
    const driver = await databasePeer((socket, said, turn) => {
      if (turn === 0) socket.write(Buffer.concat([message('R', int32(3))]));
      else if (turn > 0)
        socket.write(
          Buffer.concat([message('E', fields({ S: 'ERROR', C: '22023', M: said.toString('latin1') })), ready]),
        );
    });
    const change = driver.change(
      'svc',
      { as: 'self', account: 'svc', secret },
      Secret.of({ password: 'N3w-and-secret' }),
      effectContext(),
    );
    const error: unknown = await change.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DriverError);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/N3w|SCRAM-SHA-256\$|Hush/);
  });
});
