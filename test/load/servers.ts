import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/servers/freePort.js';
import { type ServerProcess, spawnServer } from '../../src/servers/spawnServer.js';
import { startTemporalDev } from '../../src/servers/temporalDev.js';
import { untilReady } from '../../src/servers/untilReady.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { bundleWorkflows } from '../../src/workflows/bundle/bundle.js';
import { say } from '../harness/say.js';
import { EstateLine } from './estateLine.js';
import { places } from './loadSpec.js';
import { Mortal } from './mortal.js';

const tsx = import.meta.resolve('tsx');

/** One of programs/, on the run's folder. */
function program(folder: string, name: string, ...args: readonly string[]): Promise<ServerProcess> {
  const file = fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));
  const logFile = places.log(folder, name);
  return spawnServer({ command: process.execPath, args: ['--import', tsx, file, folder, ...args], logFile });
}

export function workerOf(folder: string): Mortal {
  return new Mortal((generation) => program(folder, 'worker', `${generation}`));
}

export function openerOf(folder: string): Mortal {
  return new Mortal(() => program(folder, 'opener'));
}

/** The dev server on a file; it comes back on the same port. */
export async function temporalOf(folder: string): Promise<{ readonly address: string; readonly temporal: Mortal }> {
  const port = await freePort();
  const files = { dataFile: places.temporalData(folder), logFile: places.log(folder, 'temporal') };
  return { address: `127.0.0.1:${port}`, temporal: new Mortal(() => startTemporalDev({ port, ...files, say })) };
}

export interface EstateProcess {
  readonly line: EstateLine;
  stop(): Promise<void>;
}

/** Vault and devices, which nothing kills, and a line to them. */
export async function startEstate(folder: string): Promise<EstateProcess> {
  const server = await program(folder, 'estateServer');
  const what = 'the estate server';
  const connected = waitUntil(() => EstateLine.connect(places.socket(folder)), { what, timeoutMs: 120_000 });
  await untilReady({ what, server, logFile: places.log(folder, 'estateServer') }, connected);
  const line = await connected;
  const stop = async () => {
    line.close();
    await server.kill();
  };
  return { line, stop };
}

/** Once a run, so that a worker that was killed is back soon. */
export async function writeBundle(folder: string): Promise<void> {
  const { code } = await bundleWorkflows({ encrypts: true });
  writeFileSync(places.bundle(folder), code);
}
