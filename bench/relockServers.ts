import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { hasWorker } from '../src/cli/temporal/pollers.js';
import { connectClient, temporalAt } from '../src/client.js';
import { encryptingConverter } from '../src/codec/dataConverter.js';
import type { Estate } from '../src/config/estate.js';
import { loadEstate } from '../src/config/loadEstate.js';
import { freePort } from '../src/servers/freePort.js';
import { type ServerProcess, spawnServer } from '../src/servers/spawnServer.js';
import { startTemporalDev } from '../src/servers/temporalDev.js';
import { untilReady } from '../src/servers/untilReady.js';
import { waitUntil } from '../src/servers/waitUntil.js';
import { mainTaskQueue } from '../src/workflows/taskQueues.js';
import { type OpenBao, startOpenBao } from '../test/harness/openBao.js';
import { say } from '../test/harness/say.js';
import { newKeyRing } from './newKeyRing.js';

/** Temporal's dev server on a SQLite file, and OpenBao with audit: what relock stands on. */
export interface RelockServers {
  readonly folder: string;
  readonly bao: OpenBao;
  readonly temporal: { readonly address: string; readonly pid: number };
  readonly client: Client;
  /** Where workers leave a profile of their processor time; null: nowhere. */
  readonly profileFolder: string | null;
  stop(): Promise<void>;
}

/** As it is shipped. */
const relock = fileURLToPath(new URL('../bin/relock.js', import.meta.url));
const keyFile = 'codec.keys';

export async function startRelockServers(profileFolder: string | null = null): Promise<RelockServers> {
  const folder = await mkdtemp(join(tmpdir(), 'relock-bench-'));
  const temporal = await startTemporalDev({
    port: await freePort(),
    dataFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    say,
  });
  const bao = await startOpenBao();
  const converter = encryptingConverter(newKeyRing(join(folder, keyFile)));
  const { client, close } = await connectClient(temporalAt(temporal.address), converter);
  const stop = async () => {
    await close();
    await temporal.kill();
    await bao.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { folder, bao, temporal, client, profileFolder, stop };
}

export interface RelockWorker {
  readonly estate: Estate;
  readonly process: ServerProcess;
}

/** `relock worker` as a process of its own, taking tasks when this returns. */
export async function startRelockWorker(servers: RelockServers, yaml: readonly string[]): Promise<RelockWorker> {
  const file = join(servers.folder, 'relock.yaml');
  const logFile = join(servers.folder, 'worker.log');
  await writeFile(file, `${yaml.join('\n')}\n`);
  const environment = {
    RELOCK_BENCH_TOKEN: servers.bao.rootToken,
    RELOCK_CODEC_KEY_FILE: join(servers.folder, keyFile),
    TEMPORAL_ADDRESS: servers.temporal.address,
  };
  const loaded = loadEstate(file, { environment, now: Date.now });
  if ('problems' in loaded) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const profile = servers.profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${servers.profileFolder}`];
  const args = [...profile, relock, '--config', file, 'worker', '--log-level', 'warn'];
  const server = await spawnServer({
    command: process.execPath,
    args,
    logFile,
    env: { ...process.env, ...environment },
  });
  const ready = async () => {
    const [workflows, activities] = await Promise.all([
      hasWorker(servers.client, mainTaskQueue, 'workflows'),
      hasWorker(servers.client, mainTaskQueue, 'activities'),
    ]);
    return (workflows && activities) || undefined;
  };
  const what = 'the relock worker';
  await untilReady({ what, server, logFile }, waitUntil(ready, { what, timeoutMs: 120_000, intervalMs: 200 }));
  return { estate: loaded.estate, process: server };
}

/** The lines of relock.yaml about OpenBao and the artifacts. */
export function commonYaml({ bao }: RelockServers): readonly string[] {
  return [
    'vaults:',
    `  primary: { driver: openbao, address: "${bao.address}", mount: secret, auth: { method: token, tokenEnv: RELOCK_BENCH_TOKEN } }`,
    'artifacts: { driver: folder, path: ./evidence }',
  ];
}
