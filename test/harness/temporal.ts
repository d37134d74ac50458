import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/servers/freePort.js';
import { startTemporalDev, type TemporalDev, type TemporalDevOptions } from '../../src/servers/temporalDev.js';
import { say } from './say.js';

export interface TestTemporal extends TemporalDev {
  /** Its data file and log. */
  readonly folder: string;
  /** Ends it as a crash would, and starts it again on the same data file and ports. */
  restart(): Promise<void>;
}

export interface TestTemporalOptions extends Pick<TemporalDevOptions, 'namespaces' | 'searchAttributes'> {
  readonly ui?: boolean;
}

/** A Temporal dev server of the test's own, on a SQLite file, so that it can crash and come back. */
export async function startTemporal(options: TestTemporalOptions = {}): Promise<TestTemporal> {
  const { ui = false, ...same } = options;
  const folder = await mkdtemp(join(tmpdir(), 'relock-temporal-'));
  const files = { dataFile: join(folder, 'temporal.db'), logFile: join(folder, 'temporal.log') };
  const ports = { port: await freePort(), ...(ui && { uiPort: await freePort() }) };
  const start = () => startTemporalDev({ ...same, ...files, ...ports, say });
  let server = await start();
  return {
    ...server,
    folder,
    kill: () => server.kill(),
    restart: async () => {
      await server.kill();
      server = await start();
    },
    stop: async () => {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
