import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import type { Login } from '../../../src/contracts/targetDriver.js';
import type { Secret } from '../../../src/secret/secret.js';
import { scramVerifier } from '../../../src/targets/postgresql/scram.js';
import { driverFor, lockRole, makeManager, makeRole, newPassword } from '../../contract/postgresql.harness.js';
import { effectContext } from '../../contract/targetDriver.harness.js';
import { type Postgres, startPostgres } from '../../harness/postgres.js';
import { allowStandbys, makeStandby } from '../../harness/postgresStandby.js';

const account = 'itron-svc';

let postgres: Postgres;
let manager: Login;
let first: Secret;
beforeAll(async () => {
  postgres = await startPostgres();
  await allowStandbys(postgres);
  manager = await makeManager(postgres);
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  first = await makeRole(postgres, account);
});

const driver = () => driverFor(postgres);
const change = (next: Secret, timeMs = 20_000) => driver().change(account, manager, next, effectContext(timeMs));
const probe = async (secret: Secret, address = postgres.address) =>
  (await driverFor(postgres, { address }).probe(account, secret, effectContext())).answer;
const obstacle = () => driver().obstacle(account, manager, effectContext());
const findings = () => driver().check(account, manager, effectContext());
const errors = async () => (await findings()).filter(({ severity }) => severity === 'error');

async function waitForStandby(names: string): Promise<void> {
  await postgres.configure({ synchronous_standby_names: names });
  onTestFinished(() => postgres.configure({ synchronous_standby_names: null }));
}

async function connect(user: string, password: string): Promise<Client> {
  const where = { host: '127.0.0.1', port: postgres.port, database: 'postgres', application_name: 'relock' };
  const client = new Client({ ...where, user, password });
  client.on('error', () => undefined);
  onTestFinished(() => client.end().catch(() => undefined));
  await client.connect();
  return client;
}

/** What an older relock left behind: an order that waits at its commit for a standby. Nobody listens to its answer any more. */
async function orderAtItsCommit(next: Secret): Promise<{ readonly ended: Promise<unknown> }> {
  const client = await connect(manager.account, manager.secret.reveal('password'));
  const verifier = await scramVerifier(next.reveal('password'));
  const ended = client.query(`ALTER ROLE "${account}" PASSWORD '${verifier}'`).catch(() => undefined);
  await expect.poll(waitingAtCommit).toBe(1);
  return { ended };
}

const count = async (where: string) =>
  (await postgres.run(`select count(*)::int as n from pg_stat_activity where ${where}`))[0]?.n;
const waitingAtCommit = () => count("wait_event = 'SyncRep'");

describe('T29 synchronous replication', { timeout: 120_000 }, () => {
  test('T29 the standby is away: the change is made at once, nothing waits, and nothing happens when it joins', async () => {
    const standby = await makeStandby(postgres, 'second');
    onTestFinished(standby.stop);
    await waitForStandby('second');
    const [finding] = await findings();
    expect(finding).toMatchObject({ severity: 'warning', message: expect.stringContaining('is not connected') });
    const next = newPassword();
    await change(next);
    const state = async (address?: string) => [await probe(next, address), await probe(first, address)];
    expect([await waitingAtCommit(), await state()]).toEqual([0, ['accepted', 'rejected']]);
    await standby.join();
    expect(await state()).toEqual(['accepted', 'rejected']);
    expect(await state(standby.address)).toEqual(['accepted', 'rejected']);
    expect(await findings()).toEqual([]);
  });

  test('T29 the standby is there: the change returns when it has it', async () => {
    const standby = await makeStandby(postgres, 'third');
    onTestFinished(standby.stop);
    await standby.join();
    for (const names of ['third', 'FIRST 1 (third)', 'ANY 1 (third, fourth)']) {
      await waitForStandby(names);
      await change(newPassword());
      const [seen] = await postgres.run(
        'select bool_and(flush_lsn >= pg_current_wal_flush_lsn()) as has from pg_stat_replication',
      );
      expect(seen?.has).toBe(true);
    }
  });

  test('T29 the standby is there and stands still: not silently said to be safe, and probes show what is true', async () => {
    const standby = await makeStandby(postgres, 'still');
    onTestFinished(standby.stop);
    await standby.join();
    await waitForStandby('still');
    const resume = await standby.freeze();
    const next = newPassword();
    await expect(change(next, 4_000)).rejects.toMatchObject({
      effect: 'unknown',
      message: expect.stringMatching(/the change is made there, but .*did not confirm/),
    });
    resume();
    expect([await waitingAtCommit(), await probe(next), await probe(first)]).toEqual([0, 'accepted', 'rejected']);
  });

  test('T29 an order that an older relock left at its commit is seen, and ended by the next: it does not happen later', async () => {
    const standby = await makeStandby(postgres, 'late');
    onTestFinished(standby.stop);
    await waitForStandby('late');
    const [left, next] = [newPassword(), newPassword()];
    const order = await orderAtItsCommit(left);
    expect(await probe(left)).toBe('rejected');
    expect(await obstacle()).toContain('may yet take effect');
    expect(await errors()).toEqual([{ severity: 'error', message: expect.stringContaining('may yet take effect') }]);
    await change(next);
    await order.ended;
    expect([await waitingAtCommit(), await obstacle()]).toEqual([0, null]);
    await standby.join();
    expect([await probe(next), await probe(left), await probe(first)]).toEqual(['accepted', 'rejected', 'rejected']);
  });

  test('T29 a second try that the server takes back does not hide that the first may have happened', async () => {
    await waitForStandby('nobody');
    const left = newPassword();
    await orderAtItsCommit(left);
    const holder = await connect(postgres.superuser.name, postgres.superuser.password);
    await holder.query('begin');
    // Waits for that order, and is then in front of the next one.
    const locked = holder.query('lock table pg_authid in share mode');
    await expect.poll(() => count("wait_event_type = 'Lock'")).toBe(1);
    await expect(change(newPassword(), 4_000)).rejects.toMatchObject({
      code: 'Timeout',
      effect: 'unknown',
      message: expect.stringContaining('it may have happened'),
    });
    await locked;
    await holder.query('commit');
    expect([await probe(left), await probe(first)]).toEqual(['accepted', 'rejected']);
  });
});

describe('T29 an order whose server stands still', () => {
  test('T29 is unknown until it is seen to be over; nothing happens after that', async () => {
    const holder = await lockRole(postgres, account);
    const next = newPassword();
    const outcome = change(next, 5_000).catch((error: unknown) => error);
    const pid = await pidWaiting();
    process.kill(pid, 'SIGSTOP');
    onTestFinished(() => goOn(pid));
    expect(await outcome).toMatchObject({ effect: 'unknown', message: expect.not.stringContaining('is over there') });
    await holder.release();
    expect(await obstacle()).toContain('may yet take effect');
    expect(await errors()).toEqual([{ severity: 'error', message: expect.stringContaining('may yet take effect') }]);
    await expect(change(next, 2_000)).rejects.toMatchObject({
      effect: 'unknown',
      message: expect.stringContaining('may yet take effect'),
    });
    goOn(pid);
    await expect.poll(obstacle).toBe(null);
    expect([await probe(next), await probe(first)]).toEqual(['rejected', 'accepted']);
    await change(next);
    expect([await probe(next), await probe(first)]).toEqual(['accepted', 'rejected']);
  });

  test('T29 the connection broke: the order is ended by another session, and said to be over', async () => {
    await lockRole(postgres, account);
    const outcome = change(newPassword(), 10_000).catch((error: unknown) => error);
    await postgres.run('select pg_terminate_backend($1)', [await pidWaiting()]);
    expect(await outcome).toMatchObject({
      effect: 'unknown',
      message: expect.stringContaining('The order is over there'),
    });
  });

  test('somebody else who writes the same as relock keeps nobody waiting', async () => {
    const thief = await connect(account, first.reveal('password'));
    const text = `ALTER ROLE "${account}" SET work_mem = '4MB'; select pg_sleep(600)`;
    thief.query(text).catch(() => undefined);
    await expect.poll(() => count("wait_event = 'PgSleep'")).toBe(1);
    expect(await obstacle()).toBe(null);
    await postgres.run('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [account]);
  });
});

async function pidWaiting(): Promise<number> {
  const question = "select pid from pg_stat_activity where usename = $1 and wait_event_type = 'Lock'";
  const seen = async () => (await postgres.run(question, [manager.account]))[0]?.pid;
  await expect.poll(seen).toBeTypeOf('number');
  return z.number().parse(await seen());
}

/** It may be gone by now. */
function goOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It is.
  }
}
