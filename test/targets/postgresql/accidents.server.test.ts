import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Login } from '../../../src/contracts/targetDriver.js';
import { Secret } from '../../../src/secret/secret.js';
import { Server } from '../../../src/targets/postgresql/server.js';
import { logIn } from '../../../src/targets/postgresql/session.js';
import { accountProblem } from '../../../src/targets/postgresql/settings.js';
import {
  driverFor,
  lockRole,
  loginAs,
  makeManager,
  makeRole,
  newPassword,
  openPgSession,
  psqlLogin,
  settingsOf,
  superuserLogin,
} from '../../contract/postgresql.harness.js';
import { effectContext, expectNoEffect } from '../../contract/targetDriver.harness.js';
import { losingReplies } from '../../harness/faultProxy.js';
import { type Postgres, startPostgres } from '../../harness/postgres.js';

const account = 'itron-svc';
const bench = { publicFields: [] };

let postgres: Postgres;
let manager: Login;
let first: Secret;

beforeAll(async () => {
  postgres = await startPostgres();
  manager = await makeManager(postgres);
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  first = await makeRole(postgres, account);
});

const driver = (changes: object = {}) => driverFor(postgres, changes);
const probe = (secret: Secret, changes: object = {}) =>
  driver(changes)
    .probe(account, secret, effectContext())
    .then(({ answer }) => answer);
const change = (next: Secret, via = manager, changes: object = {}) =>
  driver(changes).change(account, via, next, effectContext());
const findings = (name = account, via = manager) => driver().check(name, via, effectContext());
const storedForm = async () => {
  const [role] = await postgres.run('select rolpassword from pg_authid where rolname = $1', [account]);
  return role?.rolpassword;
};

test('with log_statement=all, no password is ever in the server log; the verifier is', async () => {
  const next = newPassword();
  const captured = await driver().capture(account, manager, first, effectContext());
  await change(next);
  await probe(next);
  await probe(first);
  await driver().revert(account, manager, captured, next, effectContext());
  await driver().change(account, loginAs(account, first, 'self'), next, effectContext());
  const log = await postgres.log();
  expect(log).toContain('ALTER ROLE "itron-svc" PASSWORD \'SCRAM-SHA-256$4096:');
  expect(log).not.toContain(next.reveal('password'));
});

test('a server set to answer before the change is on its disk crashes right after: the change is there', async () => {
  const next = newPassword();
  await postgres.run('alter role relock_manager set synchronous_commit = off');
  const [writer] = await postgres.run("select pid from pg_stat_activity where backend_type = 'walwriter'");
  const { pid } = z.object({ pid: z.number() }).parse(writer);
  // Who would write it down a little later does not get to it.
  process.kill(pid, 'SIGSTOP');
  try {
    await change(next);
    const down = postgres.stopProcess();
    process.kill(pid, 'SIGCONT');
    await down;
    await postgres.startProcess();
  } finally {
    await postgres.run('alter role relock_manager reset synchronous_commit');
  }
  expect([await probe(next), await probe(first)]).toEqual(['accepted', 'rejected']);
});

describe('sessions', () => {
  test('open sessions survive the change, then end; those of other roles stay', async () => {
    const thief = await openPgSession(postgres, account, first);
    const bystander = await openPgSession(postgres, manager.account, manager.secret);
    await change(newPassword());
    expect(await thief.alive()).toBe(true);
    await driver().endSessions(account, manager, { before: Date.now() }, effectContext());
    expect([await thief.alive(), await bystander.alive()]).toEqual([false, true]);
    await thief.close();
    await bystander.close();
  });

  test('a login that may not see their age ends none, and says which grant it lacks', async () => {
    await postgres.run('revoke pg_read_all_stats from relock_manager');
    const session = await openPgSession(postgres, account, first);
    try {
      const ending = driver().endSessions(account, manager, { before: Date.now() }, effectContext());
      const error = await expectNoEffect(bench, ending, ['Unauthorized'], [first, manager.secret]);
      expect(error.message).toContain('pg_read_all_stats');
      expect(await session.alive()).toBe(true);
    } finally {
      await postgres.run('grant pg_read_all_stats to relock_manager');
      await session.close();
    }
  });

  test('a session of ours that the server ends while it is idle is an error of that call, not the end of the process', async () => {
    const server = new Server(
      { id: 'db-01', settings: settingsOf(postgres) },
      { now: Date.now, baseDirectory: '.', environment: {} },
    );
    const outcome = await logIn(server, { account, secret: first }, effectContext());
    if (outcome.kind !== 'in') throw new Error('the login failed');
    const dead = 'select count(*)::int as n from pg_stat_activity where usename = $1';
    await postgres.run('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [account]);
    await expect.poll(async () => (await postgres.run(dead, [account]))[0]?.n).toBe(0);
    await expect(outcome.session.rows(z.unknown(), 'select 1')).rejects.toMatchObject({ code: 'Unreachable' });
    await outcome.session.close();
  });
});

describe('what a login says', () => {
  const sql = (text: string) => postgres.run(`${text.replace('ROLE', `role ${escapeIdentifier(account)}`)}`);

  test('H20: NOLOGIN and pg_hba.conf bar; they are no refusals of the secret', async () => {
    await sql('alter ROLE nologin');
    expect(await probe(first)).toBe('barred');
    expect(await findings()).toEqual([{ severity: 'error', message: expect.stringContaining('NOLOGIN') }]);
    await sql('alter ROLE login');
    await postgres.accessRules([`host all "${account}" 127.0.0.1/32 reject`]);
    expect(await probe(first)).toBe('barred');
    await postgres.accessRules([]);
    expect(await probe(first)).toBe('accepted');
  });

  test('VALID UNTIL looks like a wrong password to everybody, so check says it', async () => {
    await sql("alter ROLE valid until '2001-01-01'");
    expect(await probe(first)).toBe('rejected');
    expect(await findings()).toEqual([{ severity: 'error', message: expect.stringContaining('VALID UNTIL') }]);
  });

  test('no free connection and no CONNECT right bar; no such database is a wrong setting', async () => {
    await sql('alter ROLE connection limit 0');
    expect(await probe(first)).toBe('barred');
    await sql('alter ROLE connection limit -1');
    await postgres.run('create database closed');
    await postgres.run('revoke connect on database closed from public');
    expect(await probe(first, { database: 'closed' })).toBe('barred');
    await expect(probe(first, { database: 'gone' })).rejects.toMatchObject({ code: 'Misconfigured', effect: 'none' });
  });

  test('H19: where the server asks for no password, any login succeeds and proves nothing', async () => {
    await postgres.accessRules([`host all "${account}" 127.0.0.1/32 trust`]);
    try {
      expect(await probe(first)).toBe('unknown');
      expect(await probe(newPassword())).toBe('unknown');
      expect(await findings()).toContainEqual({ severity: 'error', message: expect.stringContaining('trust') });
    } finally {
      await postgres.accessRules([]);
    }
  });

  test('a knock of check is no refused login', async () => {
    const refusals = async () => (await postgres.log()).split('password authentication failed').length;
    const before = await refusals();
    await findings();
    await driver().check(account, null, effectContext());
    expect(await refusals()).toBe(before);
  });
});

describe('the way there', () => {
  test('a server of another authority is told before any secret is sent', async () => {
    const stranger = await startPostgres();
    try {
      const pinned = { address: stranger.address };
      await expectNoEffect(bench, probe(first, pinned), ['Misconfigured'], [first]);
      const next = newPassword();
      await expectNoEffect(bench, change(next, manager, pinned), ['Misconfigured'], [next, manager.secret]);
      const [finding] = await driver(pinned).check(account, manager, effectContext());
      expect(finding).toMatchObject({ severity: 'error', message: expect.stringContaining('pinned authority') });
      expect(await stranger.log()).not.toContain(account);
    } finally {
      await stranger.stop();
    }
  });

  test('the right authority with another host name: verify-full refuses it, verify-ca takes it', async () => {
    const { port } = postgres;
    const named = { address: `localhost:${port}` };
    await expectNoEffect(bench, probe(first, named), ['Misconfigured'], [first]);
    await expect(probe(first, { ...named, tls: 'verify-ca' })).resolves.toBe('accepted');
  });

  test('a server without TLS gets nothing, unless relock.yaml says so; then check warns', async () => {
    await postgres.run('alter system set ssl = off');
    await postgres.accessRules([]);
    try {
      await expectNoEffect(bench, probe(first), ['Misconfigured'], [first]);
      expect(await probe(first, { tls: 'off' })).toBe('accepted');
      const [finding] = await driver({ tls: 'off' }).check(account, manager, effectContext());
      expect(finding).toMatchObject({ severity: 'warning', message: expect.stringContaining('no TLS') });
    } finally {
      await postgres.run('alter system set ssl = on');
      await postgres.accessRules([]);
    }
  });

  test('without TLS, a server that asks for the password in clear text does not get it; with TLS it does', async () => {
    const heard: Buffer[] = [];
    const asksInClear = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
    const thief = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        heard.push(bytes);
        socket.write(asksInClear);
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => thief.once('listening', resolve));
    const bound = thief.address();
    const address = `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
    try {
      await expectNoEffect(bench, probe(first, { address, tls: 'off' }), ['Misconfigured'], [first]);
    } finally {
      thief.close();
    }
    const all = Buffer.concat(heard).toString('latin1');
    expect(all).toContain(account);
    expect(all).not.toContain(first.reveal('password'));
    await postgres.accessRules([`host all "${account}" 127.0.0.1/32 password`]);
    expect(await probe(first)).toBe('accepted');
    expect(await probe(newPassword())).toBe('rejected');
    await postgres.accessRules([]);
  });
});

describe('a change that goes wrong', () => {
  test('H1: the reply is lost: effect unknown, and a probe says what happened', async () => {
    const upstream = `http://${postgres.address}`;
    const proxy = await losingReplies(upstream, (said) => said.includes("PASSWORD 'SCRAM"), 'bytes');
    const next = newPassword();
    try {
      const lost = change(next, manager, { address: proxy.address, tls: 'off' });
      await expect(lost).rejects.toMatchObject({ code: 'Unreachable', effect: 'unknown' });
    } finally {
      await proxy.close();
    }
    expect([await probe(next), await probe(first)]).toEqual(['accepted', 'rejected']);
  });

  test('H2: behind a lock it does not happen late: the server gives it up in time', async () => {
    const holder = await lockRole(postgres, account);
    const next = newPassword();
    const call = driver().change(account, manager, next, { ...effectContext(), notAfter: Date.now() + 600 });
    await expectNoEffect(bench, call, ['Timeout'], [next, first]);
    await holder.release();
    await delay(300);
    expect([await probe(next), await probe(first)]).toEqual(['rejected', 'accepted']);
  });

  test('the server is killed while it works: unknown, never a false yes', async () => {
    await lockRole(postgres, account);
    const waiting = change(newPassword());
    const waits = `select count(*)::int as n from pg_stat_activity where usename = $1 and wait_event_type = 'Lock'`;
    await expect.poll(async () => (await postgres.run(waits, [manager.account]))[0]?.n).toBe(1);
    const refused = expect(waiting).rejects.toMatchObject({ code: 'Unreachable', effect: 'unknown' });
    await postgres.stopProcess();
    await refused;
    await postgres.startProcess();
    expect(await probe(first)).toBe('accepted');
  });
});

describe('undo', () => {
  test('an MD5 role gets exactly its MD5 back; check warns before', async () => {
    await postgres.accessRules([`host all "${account}" 127.0.0.1/32 md5`]);
    const md5 = newPassword();
    await postgres.run(`set password_encryption = 'md5'; alter role "${account}" password '${md5.reveal('password')}'`);
    const before = await storedForm();
    expect(String(before)).toMatch(/^md5/);
    expect(await findings()).toEqual([{ severity: 'warning', message: expect.stringContaining('MD5') }]);
    const captured = await driver().capture(account, manager, md5, effectContext());
    const next = newPassword();
    await change(next);
    expect([await probe(next), await probe(md5)]).toEqual(['accepted', 'rejected']);
    await driver().revert(account, manager, captured, next, effectContext());
    expect(await storedForm()).toBe(before);
    expect([await probe(next), await probe(md5)]).toEqual(['rejected', 'accepted']);
    await postgres.accessRules([]);
  });

  test('a role without a password has none again', async () => {
    await postgres.run(`alter role "${account}" password null`);
    const captured = await driver().capture(account, manager, first, effectContext());
    await change(newPassword());
    await driver().revert(account, manager, captured, first, effectContext());
    expect(await storedForm()).toBe(null);
  });

  test('a login that may not read verifiers captures what the vault knows, and undoes by that', async () => {
    await postgres.run('revoke select (rolname, rolpassword) on pg_authid from relock_manager');
    try {
      const captured = await driver().capture(account, manager, first, effectContext());
      expect(captured.fieldNames()).toEqual(['password']);
      const next = newPassword();
      await change(next);
      await driver().revert(account, manager, captured, next, effectContext());
      expect([await probe(first), await probe(next)]).toEqual(['accepted', 'rejected']);
    } finally {
      await postgres.run('grant select (rolname, rolpassword) on pg_authid to relock_manager');
    }
  });

  test('what was saved is put into SQL only when it has the form of a verifier', async () => {
    const evil = Secret.of({ verifier: "x'; ALTER ROLE postgres PASSWORD 'mine" });
    const reverting = driver().revert(account, superuserLogin(postgres), evil, first, effectContext());
    await expectNoEffect(bench, reverting, ['Refused'], [evil]);
  });
});

describe('roles', () => {
  test.each([
    'a"; DROP ROLE "itron-svc"; --',
    "Robert'); DROP TABLE students;--",
    'back\\slash',
    'with space ',
    'Ünïcödé ☃',
    'UPPER',
    'select',
    'current_user',
    '$1',
    '"',
    'x'.repeat(63),
  ])('the name %s is itself and nothing else', async (name) => {
    expect(accountProblem(name)).toBe(null);
    const old = await makeRole(postgres, name);
    const next = newPassword();
    const via = manager;
    await driver().change(name, via, next, effectContext());
    expect((await driver().probe(name, next, effectContext())).answer).toBe('accepted');
    expect((await driver().probe(name, old, effectContext())).answer).toBe('rejected');
    expect(await psqlLogin(postgres, name, next)).toBe('in');
    await driver().suspend(name, via, effectContext());
    await driver().endSessions(name, via, { before: Date.now() }, effectContext());
    expect(await driver().check(name, via, effectContext())).toHaveLength(1);
    expect(await probe(first)).toBe('accepted');
    await postgres.run(`drop role ${escapeIdentifier(name)}`);
  });

  test.each(['', 'x'.repeat(64), 'nul\u0000', 'pg_monitor', 'public', 'none'])(
    'the name %j is refused: the server would take it for another role, or for none',
    async (name) => {
      expect(accountProblem(name)).not.toBe(null);
      const next = newPassword();
      const call = driver().change(name, manager, next, effectContext());
      await expectNoEffect(bench, call, ['NotFound'], [next]);
    },
  );

  test('a superuser: only a superuser may, check says so, and nothing is changed', async () => {
    await postgres.run(`alter role "${account}" superuser`);
    const next = newPassword();
    expect(await findings()).toEqual([
      { severity: 'error', message: expect.stringContaining('whom only a superuser changes') },
      { severity: 'warning', message: expect.stringContaining('owns the server') },
    ]);
    await expectNoEffect(bench, change(next), ['Unauthorized'], [next, first, manager.secret]);
    expect(await probe(first)).toBe('accepted');
    await change(next, superuserLogin(postgres));
    expect([await probe(next), await probe(first)]).toEqual(['accepted', 'rejected']);
    const warned = await findings(account, superuserLogin(postgres));
    expect(warned.map(({ severity }) => severity)).toEqual(['warning']);
  });

  test('each right that is missing is named, and none that is there', async () => {
    const poor = loginAs('poor', await makeRole(postgres, 'poor'));
    const [finding] = await findings(account, poor);
    expect(finding?.message).toMatch(/CREATEROLE.*pg_signal_backend.*pg_read_all_stats/);
    const next = newPassword();
    await expectNoEffect(bench, change(next, poor), ['Unauthorized'], [next, poor.secret]);
    await postgres.run('grant pg_signal_backend to poor; alter role poor createrole');
    const [less] = await findings(account, poor);
    expect(less?.message).toMatch(/lacks membership in pg_read_all_stats\./);
  });

  test('nobody suspends himself', async () => {
    const self = loginAs(account, first, 'self');
    await expectNoEffect(bench, driver().suspend(account, self, effectContext()), ['Unsupported'], [first]);
  });
});
