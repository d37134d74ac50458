import { mkdir, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fillSlot } from './cache.js';
import { runTool } from './runTool.js';

// The SDK can only download and start in one go, and starting installs its process-wide runtime: hence a process of its own.
const script = `
const { TestWorkflowEnvironment } = require(process.argv[1]);
const [downloadDir, version] = process.argv.slice(2);
TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir, version } } })
  .then((environment) => environment.teardown())
  .catch((error) => { console.error(error.message); process.exit(1); });
`;

/** Has the Temporal SDK fetch the official CLI into a slot of relock's cache; returns its path. */
export async function downloadByTemporalSdk(slot: string, program: string, version: string): Promise<string> {
  const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
  return fillSlot(slot, program, async (folder) => {
    const target = join(folder, 'download');
    await mkdir(target);
    await runTool(process.execPath, ['-e', script, testing, target, version], { timeoutMs: 180_000 });
    const file = (await readdir(target))[0];
    if (file === undefined) throw new Error('the Temporal SDK left no program');
    return join(target, file);
  });
}
