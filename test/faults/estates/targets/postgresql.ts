import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Postgres, startPostgres } from '../../../harness/postgres.js';
import type { Fields, Login } from '../../estate.js';
import { run } from '../../tools/run.js';
import { mishaps } from '../mishaps.js';
import type { StartTargets } from './stockTarget.js';

const account = 'itron_svc';
const manager = 'relock_manager';

/** The password of one role, changed by a management role with no more rights than docs/targets.md asks for. */
export const startPostgresql: StartTargets = async (through) => {
  const postgres = await startPostgres();
  const address = await through({ id: 'target', speaks: 'bytes', host: '127.0.0.1', port: postgres.port });
  const fresh = async () => ({ username: account, password: `Pw-${randomUUID()}` });
  await postgres.run(`create role ${account}`);
  return {
    kind: 'password',
    account,
    settings: { target: { type: 'postgresql', address, caFile: postgres.caFile } },
    management: { account: manager, fields: await makeManager(postgres) },
    loginFields: ['password'],
    fresh,
    plant: async () => {
      const fields = await fresh();
      const open = `login connection limit -1 valid until 'infinity'`;
      await postgres.run(`alter role ${account} ${open} password '${fields.password}'`);
      await postgres.run('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [account]);
      return fields;
    },
    change: async () => {
      const fields = await fresh();
      await postgres.run(`alter role ${account} password '${fields.password}'`);
      return fields;
    },
    logIn: (_target, fields) => logIn(postgres, fields),
    accepts: async () => null,
    ...mishaps({
      'reboot target': async () => {
        await postgres.stopProcess();
        await postgres.startProcess();
        return async () => undefined;
      },
      'stop target': async () => {
        await postgres.stopProcess();
        return postgres.startProcess;
      },
    }),
    stop: postgres.stop,
  };
};

async function makeManager(postgres: Postgres): Promise<Fields> {
  const password = `Manager-${randomUUID()}`;
  await postgres.run(`create role ${manager} login createrole password '${password}'`);
  await postgres.run(`grant pg_signal_backend, pg_read_all_stats to ${manager}`);
  await postgres.run(`grant select (rolname, rolpassword) on pg_authid to ${manager}`);
  // As on a server that is tuned for speed: what it answered right before a crash may be lost.
  await postgres.run(`alter role ${manager} set synchronous_commit = off`);
  return { username: manager, password };
}

async function logIn({ programs, caFile, port }: Postgres, { password = '' }: Fields): Promise<Login> {
  const env = { PGPASSWORD: password, PGSSLMODE: 'verify-full', PGSSLROOTCERT: caFile, PGCONNECT_TIMEOUT: '10' };
  const where = ['-h', '127.0.0.1', '-p', `${port}`, '-U', account, '-d', 'postgres'];
  const { code, stderr } = await run(join(programs, 'psql'), ['-X', '-w', ...where, '-c', 'select 1'], { env });
  if (code === 0) return 'accepted';
  return /password authentication failed for user/.test(stderr) ? 'refused' : 'unknown';
}
