import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { freePort } from '../../src/servers/freePort.js';
import { runTool } from '../../src/servers/runTool.js';
import { spawnServer } from '../../src/servers/spawnServer.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { endAtOnce, ownerOf, type Postgres, runAt } from './postgres.js';

export interface Standby {
  readonly address: string;
  /** Joins its primary, and returns when it has all that the primary wrote. */
  join(): Promise<void>;
  /** It receives nothing any more, and stays connected. Gives what lets it go on. */
  freeze(): Promise<() => void>;
  stop(): Promise<void>;
}

/** The primary takes standbys from its next start on. */
export async function allowStandbys(postgres: Postgres): Promise<void> {
  await postgres.configure({ wal_level: 'replica', max_wal_senders: '4' });
  await postgres.stopProcess();
  await postgres.startProcess();
  await postgres.accessRules([`host replication ${postgres.superuser.name} 127.0.0.1/32 trust`]);
}

/** A copy of the cluster as it is now, that is not running yet. */
export async function makeStandby(postgres: Postgres, name: string): Promise<Standby> {
  const folder = await mkdtemp(join(tmpdir(), 'relock-standby-'));
  const owner = await ownerOf(folder);
  const port = await freePort();
  const data = join(folder, 'data');
  const from = `host=127.0.0.1 port=${postgres.port} user=${postgres.superuser.name} sslmode=disable`;
  const copy = owner.command([join(postgres.programs, 'pg_basebackup'), '-D', data, '-R', '-c', 'fast', '-d', from]);
  await runTool(copy.command, copy.args, { timeoutMs: 60_000 });
  const settings = [
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    `primary_conninfo=${from} application_name=${name}`,
  ];
  const options = settings.flatMap((setting) => ['-c', setting]);
  const start = owner.command([join(postgres.programs, 'postgres'), '-D', data, ...options]);
  let end: () => Promise<void> = async () => undefined;
  let resume: () => void = () => undefined;
  return {
    address: `127.0.0.1:${port}`,
    join: async () => {
      const server = await spawnServer({ ...start, logFile: join(folder, 'server.log') });
      end = () => endAtOnce(server);
      await waitUntil(() => caughtUp(postgres, name), { what: `the standby ${name}`, timeoutMs: 30_000 });
    },
    freeze: async () => {
      const [receiver] = await runAt(port, 'select pid from pg_stat_wal_receiver');
      const { pid } = z.object({ pid: z.number() }).parse(receiver);
      process.kill(pid, 'SIGSTOP');
      resume = () => void process.kill(pid, 'SIGCONT');
      return resume;
    },
    stop: async () => {
      resume();
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function caughtUp(postgres: Postgres, name: string): Promise<true | undefined> {
  const [seen] = await postgres.run(
    'select replay_lsn >= pg_current_wal_flush_lsn() as has from pg_stat_replication where application_name = $1',
    [name],
  );
  return seen?.has === true ? true : undefined;
}
