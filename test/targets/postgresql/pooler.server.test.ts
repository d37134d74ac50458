import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Login } from '../../../src/contracts/targetDriver.js';
import type { Secret } from '../../../src/secret/secret.js';
import { driverFor, loginAs, makeManager, makeRole, newPassword } from '../../contract/postgresql.harness.js';
import { effectContext, expectNoEffect } from '../../contract/targetDriver.harness.js';
import { type PgBouncerOptions, startPgBouncer } from '../../harness/pgBouncer.js';
import { type Postgres, startPostgres } from '../../harness/postgres.js';

const account = 'itron-svc';
const bench = { publicFields: [] };
const isPooler = 'a pooler such as PgBouncer';

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

/** A driver that was given the pooler's address. */
async function through(options: Omit<PgBouncerOptions, 'users'>, known: Secret = first) {
  const password = (secret: Secret) => secret.reveal('password');
  const users = { [account]: password(known), [manager.account]: password(manager.secret) };
  const bouncer = await startPgBouncer(postgres, { users, ...options });
  onTestFinished(bouncer.stop);
  return driverFor(postgres, { address: bouncer.address, tls: 'off' });
}

const verifier = async () =>
  (await postgres.run('select rolpassword from pg_authid where rolname = $1', [account]))[0]?.rolpassword;

describe('T26 a pooler is no server', () => {
  test.each([
    { mode: 'transaction', ignored: 'extra_float_digits, options' },
    { mode: 'session', ignored: 'extra_float_digits, options' },
    { mode: 'statement', ignored: 'options' },
    { mode: 'transaction' },
  ] as const)(
    'T26 PgBouncer, $mode pooling, ignoring $ignored: check says so, and nothing is changed',
    async (options) => {
      const driver = await through(options);
      const before = await verifier();
      const findings = await driver.check(account, manager, effectContext());
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([
        { severity: 'error', message: expect.stringContaining(isPooler) },
      ]);
      const next = newPassword();
      const self = loginAs(account, first, 'self');
      const calls = [
        () => driver.probe(account, first, effectContext()),
        () => driver.change(account, manager, next, effectContext()),
        () => driver.change(account, self, next, effectContext()),
        () => driver.suspend(account, manager, effectContext()),
        () => driver.endSessions(account, manager, { before: Date.now() }, effectContext()),
      ];
      for (const call of calls) {
        const error = await expectNoEffect(bench, call(), ['Misconfigured'], [first, next, manager.secret]);
        expect(error.message).toContain(isPooler);
      }
      expect(await verifier()).toBe(before);
    },
  );

  test('T26 a pooler with a password of its own refuses: that says nothing of the server, and management sees why', async () => {
    const driver = await through({ mode: 'transaction', ignored: 'options' }, newPassword());
    const seen = await driver.probe(account, first, effectContext()).catch((error: Error) => error.message);
    expect(seen).not.toMatchObject({ answer: 'accepted' });
    expect(await driver.obstacle(account, manager, effectContext())).toContain(isPooler);
  });

  test('the server itself is none, whoever asks', async () => {
    const driver = driverFor(postgres);
    expect(await driver.check(account, manager, effectContext())).toEqual([]);
    await postgres.run('revoke execute on function pg_backend_pid() from public');
    try {
      expect(await driver.probe(account, first, effectContext())).toEqual({ answer: 'accepted' });
    } finally {
      await postgres.run('grant execute on function pg_backend_pid() to public');
    }
  });
});
