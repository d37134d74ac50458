import { Client, escapeLiteral } from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startPgBouncer } from '../harness/pgBouncer.js';
import { type Postgres, startPostgres } from '../harness/postgres.js';
import { credential, startTrial, type Trial } from './trial.js';

const role = 'itron_svc';
const old = '0ld-Secret.of-the_vendor';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

async function trialWith(make: string, before: readonly string[] = [], password = old): Promise<Trial> {
  return trialAt(
    `address: "${postgres.address}", tls: verify-full, caFile: "${postgres.caFile}"`,
    make,
    before,
    password,
  );
}

async function trialAt(where: string, make: string, before: readonly string[], secret: string): Promise<Trial> {
  await postgres.run(`drop role if exists ${role}`);
  await postgres.run(`create role ${role} ${make} password ${escapeLiteral(secret)}`);
  for (const statement of before) await postgres.run(statement);
  const { name, password } = postgres.superuser;
  const management = `management: { account: ${name}, secret: "primary:mgmt/billing" }`;
  const trial = await startTrial({
    targets: [`billing: { type: postgresql, ${where}, database: postgres, ${management} }`],
    entry: `kind: password, account: ${role}, targets: [billing]`,
  });
  onTestFinished(trial.stop);
  await trial.mount.personWrites('mgmt/billing', { password });
  await trial.mount.personWrites(credential, { username: role, password: secret });
  return trial;
}

async function logIn(password: string): Promise<Client> {
  const client = new Client({ host: '127.0.0.1', port: postgres.port, user: role, password, database: 'postgres' });
  await client.connect();
  return client;
}

const verifier = async () => (await postgres.run(`select rolpassword from pg_authid where rolname = '${role}'`))[0];

/** Nothing was changed, and both say the same. */
async function expectBarred(trial: Trial, text: string): Promise<void> {
  const before = await verifier();
  expect(await trial.check()).toEqual(expect.arrayContaining([expect.stringContaining(text)]));
  for (const policy of ['restore', 'forward'] as const) {
    const ended = await trial.rotate(policy);
    expect(ended).toMatchObject({ end: 'untouched(barred)', exposed: true });
    expect(ended.logins).toBeLessThanOrEqual(2);
    expect(ended.causes).toEqual([expect.stringContaining('billing')]);
  }
  expect(await verifier()).toEqual(before);
}

describe('a role whose password no login can prove', { timeout: 120_000 }, () => {
  test('T7 at its CONNECTION LIMIT', async () => {
    const trial = await trialWith('login connection limit 1');
    const holding = await logIn(old);
    try {
      await expectBarred(trial, 'is at its CONNECTION LIMIT');
    } finally {
      await holding.end();
    }
    expect((await trial.rotate('forward')).end).toBe('rotated');
  });

  test('T8 past VALID UNTIL: the refusal says nothing of the password', async () => {
    const trial = await trialWith("login valid until '2020-01-01'");
    await expectBarred(trial, `VALID UNTIL of the role "${role}" is over`);
    expect((await trial.rotate('forward')).causes).toEqual([
      expect.stringContaining(`VALID UNTIL of the role "${role}" is over`),
    ]);
  });

  test('T8 NOLOGIN', async () => {
    await expectBarred(await trialWith('nologin'), `the role "${role}" is NOLOGIN`);
  });

  test('T8 without the right to connect', async () => {
    const trial = await trialWith('login', ['revoke connect on database postgres from public']);
    try {
      await expectBarred(trial, 'may not connect to this database');
    } finally {
      await postgres.run('grant connect on database postgres to public');
    }
  });
});

describe('settings of others', { timeout: 120_000 }, () => {
  test('T12 read-only transactions by default, of the management login and of the role', async () => {
    const { name } = postgres.superuser;
    const trial = await trialWith('login', [
      `alter role ${role} set default_transaction_read_only = on`,
      `alter role ${name} set default_transaction_read_only = on`,
    ]);
    try {
      expect((await trial.rotate('restore')).end).toBe('rotated');
    } finally {
      const client = new Client({
        host: '127.0.0.1',
        port: postgres.port,
        user: name,
        password: postgres.superuser.password,
        database: 'postgres',
        options: '-c default_transaction_read_only=off',
      });
      await client.connect();
      await client.query(`alter role ${name} reset default_transaction_read_only`);
      await client.end();
    }
  });

  test('T29 synchronous replication, the standby away: nothing hangs, and what is said is so', async () => {
    const trial = await trialWith('login');
    await postgres.run("alter system set synchronous_standby_names = 'away'");
    await postgres.run('select pg_reload_conf()');
    try {
      const ended = await trial.rotate('restore');
      expect(ended.end).toBe('rotated');
      const now = String((await trial.mount.readerSees(credential))?.password);
      await (await logIn(now)).end();
      await expect(logIn(old)).rejects.toThrow();
      const waiting = await postgres.run("select pid from pg_stat_activity where wait_event = 'SyncRep'");
      expect(waiting).toEqual([]);
      expect(await trial.warnings()).toEqual(
        expect.arrayContaining([expect.stringContaining('a standby that is not connected')]),
      );
    } finally {
      await postgres.run('alter system reset synchronous_standby_names');
      await postgres.run('select pg_reload_conf()');
    }
  });
});

describe('what stands between', { timeout: 120_000 }, () => {
  test('T26 a pooler: no rotation begins, and check says the same', async () => {
    const { name, password } = postgres.superuser;
    const users = { [role]: old, [name]: password };
    const bouncer = await startPgBouncer(postgres, { users, mode: 'transaction', ignored: 'options' });
    onTestFinished(bouncer.stop);
    const trial = await trialAt(`address: "${bouncer.address}", tls: off`, 'login', [], old);
    const before = await verifier();
    const text = 'what answers there is not the server itself, but a pooler such as PgBouncer';
    expect(await trial.check()).toEqual(expect.arrayContaining([expect.stringContaining(text)]));
    for (const policy of ['restore', 'forward'] as const) {
      const ended = await trial.rotate(policy);
      expect(ended).toMatchObject({ state: 'untouched', exposed: true, causes: [expect.stringContaining(text)] });
    }
    expect(await verifier()).toEqual(before);
    expect(await trial.mount.readerSees(credential)).toMatchObject({ password: old });
  });

  test.each([
    ['a control character beside a wide blank', 'no\u00a0break\u0001here'],
    ['mixed directions', 'a\u0627\ufb01z'],
  ])('T17 %s: the old password is seen accepted, then refused', async (_, password) => {
    const trial = await trialWith('login', [], password);
    expect(await trial.rotate('restore')).toMatchObject({ end: 'rotated', exposed: false });
  });
});
