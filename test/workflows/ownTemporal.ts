import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/servers/freePort.js';
import { startTemporalDev } from '../../src/servers/temporalDev.js';
import { say } from '../harness/say.js';

/** A Temporal server on a SQLite file in a folder that can be looked into. */
export async function ownTemporal() {
  const folder = mkdtempSync(join(tmpdir(), 'relock-temporal-'));
  const port = await freePort();
  const files = { dataFile: join(folder, 'temporal.db'), logFile: join(folder, 'temporal.log') };
  let server = await startTemporalDev({ port, ...files, say });
  return {
    folder,
    address: server.address,
    /** Ends as a crash would, and comes back on the same file. */
    async crashAndReturn() {
      await server.kill();
      server = await startTemporalDev({ port, ...files, say });
    },
    async stop() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
