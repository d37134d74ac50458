import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, escapeLiteral } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runTool } from '../../src/servers/runTool.js';
import { type Postgres, startPostgres } from '../harness/postgres.js';
import { credential, nobody, startTrial, type Trial } from './trial.js';

const role = 'itron_svc';
const old = '0ld-Secret.of-the_vendor';

async function serverAndTrial(options: Parameters<typeof startPostgres>[0] = {}) {
  const postgres = await startPostgres(options);
  onTestFinished(() => postgres.stop());
  await postgres.run(`create role ${role} login password ${escapeLiteral(old)}`);
  const { name, password } = postgres.superuser;
  const management = `management: { account: ${name}, secret: "primary:mgmt/billing" }`;
  const trial = await startTrial({
    targets: [
      `billing: { type: postgresql, address: "${postgres.address}", caFile: "${postgres.caFile}", ${management} }`,
    ],
    entry: `kind: password, account: ${role}, targets: [billing]`,
  });
  onTestFinished(trial.stop);
  await trial.mount.personWrites('mgmt/billing', { password });
  await trial.mount.personWrites(credential, { username: role, password: old });
  return { postgres, trial };
}

/** With none of relock's code: null when it is let in, else the SQLSTATE. */
async function logIn({ port }: Postgres, password: string): Promise<Client | string> {
  const client = new Client({ host: '127.0.0.1', port, user: role, password, database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'none';
  }
}

async function opens(postgres: Postgres, password: string): Promise<boolean> {
  const client = await logIn(postgres, password);
  if (typeof client === 'string') return false;
  await client.end();
  return true;
}

/** check, dry run and both policies name it; neither secret is judged. */
async function expectBusy(trial: Trial): Promise<void> {
  const text = expect.stringContaining('the server takes no logins now: it starts or stops; nothing was changed');
  expect(await trial.check()).toEqual([text]);
  expect(await trial.dryRun()).toEqual([text]);
  for (const policy of ['restore', 'forward'] as const) {
    const ended = await trial.rotate(policy);
    expect(ended).toMatchObject({ end: 'untouched(unreachable)', exposed: true, open: false });
    expect(ended.causes).toEqual([text]);
    expect(ended.logins).toBeLessThanOrEqual(2);
  }
}

describe('a server that is not itself now', { timeout: 120_000 }, () => {
  test('T7 it starts up: named, and rotated as soon as it has', async () => {
    const { postgres, trial } = await serverAndTrial();
    const mayStart = join(postgres.data, 'may-start');
    await postgres.configure({ wal_level: 'replica' });
    await postgres.stopProcess();
    await postgres.startProcess();
    await postgres.run('checkpoint');
    await postgres.configure({ restore_command: `until [ -e ${mayStart} ]; do sleep 0.05; done; false` });
    await postgres.stopProcess();
    await writeFile(join(postgres.data, 'recovery.signal'), '');
    await postgres.beginProcess();
    await expect.poll(() => logIn(postgres, old)).toBe('57P03');
    await expectBusy(trial);
    await writeFile(mayStart, '');
    await expect.poll(() => opens(postgres, old), { timeout: 30_000 }).toBe(true);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect(await opens(postgres, old)).toBe(false);
  });

  test('T7 it shuts down, and waits for a session that is open', async () => {
    const { postgres, trial } = await serverAndTrial();
    const holding = await logIn(postgres, old);
    if (typeof holding === 'string') throw new Error(holding);
    process.kill(postgres.pid(), 'SIGTERM');
    await expect.poll(() => logIn(postgres, old)).toBe('57P03');
    await expectBusy(trial);
    await holding.end();
  });
});

describe('a server whose disk is full', { timeout: 120_000 }, () => {
  test('T6 it says so: refused by its own reason, nothing changed, and rotated when there is room', async () => {
    const { postgres, trial } = await serverAndTrial({ diskMegabytes: 96 });
    const filler = join(postgres.data, 'full');
    await atServer(postgres, `head -c 1G /dev/zero > ${filler}; true`);
    // Until the catalogue of roles has no room for one more row in the blocks that it has.
    await expect(makeRoles(postgres)).rejects.toMatchObject({ code: '53100' });
    const verifier = () => postgres.run(`select rolpassword from pg_authid where rolname = '${role}'`);
    const before = await verifier();
    for (const policy of ['restore', 'forward'] as const) {
      const ended = await trial.rotate(policy, nobody);
      expect(ended).toMatchObject({ end: 'untouched(refused)', exposed: true, open: false });
      expect(ended.causes).toEqual([
        expect.stringContaining('no space is left on the disk of the server; nothing was changed'),
      ]);
    }
    expect([await verifier(), await opens(postgres, old)]).toEqual([before, true]);
    await atServer(postgres, `rm ${filler}`);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect(await opens(postgres, old)).toBe(false);
  });
});

/** As root, where the server sees its folder. */
const atServer = (postgres: Postgres, command: string) =>
  runTool('nsenter', ['-t', `${postgres.pid()}`, '-m', '--', 'sh', '-c', command], { timeoutMs: 30_000 });

async function makeRoles(postgres: Postgres): Promise<void> {
  for (let index = 0; index < 500; index += 1)
    await postgres.run(`create role filler_${index} login password 'filler-${index}'`);
}
