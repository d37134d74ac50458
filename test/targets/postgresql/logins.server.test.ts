import { escapeIdentifier, escapeLiteral } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Login } from '../../../src/contracts/targetDriver.js';
import { Secret } from '../../../src/secret/secret.js';
import {
  driverFor,
  loginAs,
  makeManager,
  makeRole,
  newPassword,
  openPgSession,
  psqlLogin,
} from '../../contract/postgresql.harness.js';
import { effectContext } from '../../contract/targetDriver.harness.js';
import { type Postgres, startPostgres } from '../../harness/postgres.js';

const account = 'itron-svc';

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
const probe = (secret: Secret, changes: object = {}) => driver(changes).probe(account, secret, effectContext());
const findings = (changes: object = {}) => driver(changes).check(account, manager, effectContext());
const errors = async (changes: object = {}) =>
  (await findings(changes)).filter(({ severity }) => severity === 'error').map(({ message }) => message);
const obstacle = (changes: object = {}) => driver(changes).obstacle(account, manager, effectContext());
const role = escapeIdentifier(account);

const barred = (text: string) => ({ answer: 'barred', because: expect.stringContaining(text) });

/** Opens sessions of that role until the end of the test. */
async function openSessions(number: number, name: string, secret: Secret): Promise<void> {
  const open = await Promise.all(Array.from({ length: number }, () => openPgSession(postgres, name, secret)));
  onTestFinished(async () => {
    await Promise.all(open.map((session) => session.close()));
    const left =
      "select count(*)::int as n from pg_stat_activity where usename = $1 and backend_type = 'client backend' and application_name <> 'tests'";
    await expect.poll(async () => (await postgres.run(left, [name]))[0]?.n).toBe(0);
  });
}

describe('T7 no connection left', () => {
  test('T7 for the role: said only to the right password, and check says it as well', async () => {
    await postgres.run(`alter role ${role} connection limit 1`);
    await openSessions(1, account, first);
    expect(await probe(first)).toEqual(barred('the password is right, but the role is at its CONNECTION LIMIT'));
    expect(await probe(newPassword())).toEqual({ answer: 'rejected' });
    const seen = await obstacle();
    expect(seen).toContain(`the role "${account}" is at its CONNECTION LIMIT`);
    expect(await errors()).toEqual([expect.stringContaining('is at its CONNECTION LIMIT')]);
    expect(seen).toContain((await errors())[0]);
  });

  test('T7 for the database', async () => {
    await postgres.run('create database small connection limit 1');
    onTestFinished(async () => void (await postgres.run('drop database small with (force)')));
    const small = { database: 'small' };
    const holder = await makeRole(postgres, 'holder');
    await openSessions(1, 'holder', holder);
    expect(await probe(first, small)).toEqual({ answer: 'accepted' });
    await postgres.run('alter database small connection limit 0');
    expect(await probe(first, small)).toEqual(
      barred('the password is right, but the database is at its CONNECTION LIMIT'),
    );
    expect(await probe(newPassword(), small)).toEqual({ answer: 'rejected' });
  });

  test('T7 for anybody but superusers, and for anybody at all: told apart', async () => {
    const filler = await makeRole(postgres, 'filler');
    // 40 in all, 3 of them kept for superusers.
    await openSessions(37, 'filler', filler);
    expect(await probe(first)).toEqual(barred('the connections that are left are kept for superusers'));
    const { name, password } = postgres.superuser;
    const superuser = Secret.of({ password });
    const atServer = await driver().obstacle(account, loginAs(name, superuser), effectContext());
    expect(atServer).toContain('the server has no connection left (max_connections)');
    await openSessions(3, name, superuser);
    expect(await probe(first)).toEqual(barred('no connection left (max_connections), so no password was looked at'));
    expect(await probe(newPassword())).toEqual(barred('no connection left'));
  });

  test('T7 siblings: NOLOGIN needs the right password, pg_hba.conf looks at none', async () => {
    await postgres.run(`alter role ${role} nologin`);
    expect(await probe(first)).toEqual(barred('the role is NOLOGIN'));
    expect(await probe(newPassword())).toEqual({ answer: 'rejected' });
    await postgres.run(`alter role ${role} login`);
    for (const rule of [`host all ${role} 127.0.0.1/32 reject`, `hostssl all ${role} 0.0.0.0/0 reject`]) {
      await postgres.accessRules([rule]);
      onTestFinished(() => postgres.accessRules([]));
      expect(await probe(newPassword())).toEqual(barred('pg_hba.conf has no line'));
      expect(await errors()).toEqual([expect.stringContaining('pg_hba.conf has no line')]);
    }
  });

  test('T7 siblings: a database that takes no connections', async () => {
    await postgres.run('create database shut allow_connections false');
    onTestFinished(async () => void (await postgres.run('drop database shut')));
    expect(await probe(first, { database: 'shut' })).toEqual(barred('ALLOW_CONNECTIONS false'));
  });

  test('T7 siblings: another authority judges the role: its refusal says nothing of the password here', async () => {
    await postgres.accessRules([`host all ${role} 127.0.0.1/32 pam`]);
    onTestFinished(() => postgres.accessRules([]));
    expect(await probe(first)).toEqual(barred('another authority judges the logins of this role'));
    const warned = { severity: 'warning', message: expect.stringContaining('is asked for its password in clear') };
    expect(await findings()).toEqual([warned]);
    await postgres.run(`grant execute on function pg_hba_file_rules() to ${manager.account}`);
    await postgres.run(`grant select on pg_hba_file_rules to ${manager.account}`);
    expect(await errors()).toEqual([expect.stringContaining('is judged by another authority')]);
    await postgres.accessRules([`host all ${role} 127.0.0.1/32 password`]);
    expect(await findings()).toEqual([]);
    await postgres.run(`revoke execute on function pg_hba_file_rules() from ${manager.account}`);
    await postgres.run(`revoke select on pg_hba_file_rules from ${manager.account}`);
  });
});

test.each([
  ["valid until '2020-01-01'", `VALID UNTIL of the role "${account}" is over`],
  ['nologin', `the role "${account}" is NOLOGIN`],
])('T8 %s: check and rotation say the same', async (change, text) => {
  await postgres.run(`alter role ${role} ${change}`);
  const [found, ...others] = await errors();
  expect([found, others]).toEqual([expect.stringContaining(text), []]);
  expect(await obstacle()).toContain(found);
});

test('T8 a role that is well, or only has no password, has nothing in its way', async () => {
  expect(await obstacle()).toBe(null);
  await postgres.run(`alter role ${role} password null`);
  expect(await obstacle()).toBe(null);
  expect(await findings()).toEqual([{ severity: 'warning', message: expect.stringContaining('no password set') }]);
});

describe('T12 settings that a role or a database has for its own work', () => {
  const readOnly = 'default_transaction_read_only';
  test.each([
    [
      `alter role relock_manager set ${readOnly} = on`,
      `alter role relock_manager reset ${readOnly}`,
      "relock's login (ALTER ROLE … SET)",
    ],
    [
      `alter role relock_manager in database postgres set ${readOnly} = on`,
      `alter role relock_manager in database postgres reset ${readOnly}`,
      'IN DATABASE … SET',
    ],
    [
      `alter database postgres set ${readOnly} = on`,
      `alter database postgres reset ${readOnly}`,
      'ALTER DATABASE … SET',
    ],
    [`alter system set ${readOnly} = on`, `alter system reset ${readOnly}`, "the server's configuration"],
  ])('T12 %s: it works, and check says whose setting it is', async (set, reset, setter) => {
    await postgres.run(set);
    await postgres.accessRules([]);
    onTestFinished(async () => {
      await postgres.run(reset);
      await postgres.accessRules([]);
    });
    expect(await findings()).toEqual([{ severity: 'warning', message: expect.stringContaining(setter) }]);
    const next = newPassword();
    await driver().change(account, manager, next, effectContext());
    expect([await probe(next), await probe(first)]).toEqual([{ answer: 'accepted' }, { answer: 'rejected' }]);
  });

  test.each(['statement_timeout = 1', 'lock_timeout = 1', 'search_path = itron', 'password_encryption = md5'])(
    'T12 siblings: %s, of both logins',
    async (setting) => {
      for (const name of [account, manager.account]) await postgres.run(`alter role "${name}" set ${setting}`);
      onTestFinished(async () => void (await postgres.run(`alter role ${manager.account} reset all`)));
      const next = newPassword();
      expect(await findings()).toEqual([]);
      await driver().change(account, manager, next, effectContext());
      await driver().change(account, loginAs(account, next, 'self'), first, effectContext());
      expect([await probe(first), await probe(next)]).toEqual([{ answer: 'accepted' }, { answer: 'rejected' }]);
    },
  );

  test('T12 siblings: a login that becomes another role: the rights of that one count, for check as for the change', async () => {
    const secret = await makeRole(postgres, 'door', 'LOGIN NOINHERIT');
    await postgres.run(`grant ${manager.account} to door`);
    await postgres.run(`alter role door set role = ${manager.account}`);
    const door = loginAs('door', secret);
    expect(await driver().check(account, door, effectContext())).toEqual([]);
    const next = newPassword();
    await driver().change(account, door, next, effectContext());
    expect(await probe(next)).toEqual({ answer: 'accepted' });
  });
});

describe('T17 passwords that SASLprep changes or refuses', () => {
  test.each([
    ['a control character', 'tab\tand\u0001more'],
    ['a control character beside a wide blank', 'no\u00a0break\u0001here'],
    ['mixed directions', 'a\u0627\ufb01z'],
    ['right to left, and a digit at its end', '\u0627\u00a0\ufb011'],
    ['what Unicode 3.2 did not know, beside a ligature', '\u{1f600}o\ufb03ce'],
    ['nothing left of it', '\u00ad\u200d'],
    ['a private character', 'x\ue000\u00aa'],
    ['letters with marks, put together and apart', 'p\u00e4ssw\u00f6rd-e\u0301'],
    ['blanks of other widths', 'a\u2003b\u200bc\u3000d'],
    ['compatible forms', '\u2168\u00aa\uff21'],
  ])('T17 %s: relock, the server and psql agree', async (_, password) => {
    const secret = Secret.of({ password });
    await postgres.run(`alter role ${role} password ${escapeLiteral(password)}`);
    expect([await probe(secret), await psqlLogin(postgres, account, secret)]).toEqual([{ answer: 'accepted' }, 'in']);
    expect(await probe(newPassword())).toEqual({ answer: 'rejected' });
    const next = newPassword();
    await driver().change(account, loginAs(account, secret, 'self'), next, effectContext());
    expect([await probe(next), await probe(secret)]).toEqual([{ answer: 'accepted' }, { answer: 'rejected' }]);
    await driver().revert(account, loginAs(account, next, 'self'), secret, next, effectContext());
    expect([await probe(secret), await psqlLogin(postgres, account, secret)]).toEqual([{ answer: 'accepted' }, 'in']);
  });
});
