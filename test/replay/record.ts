// Records histories of this release, to be replayed by every later one: npm run histories
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { startTemporal } from '../harness/temporal.js';
import { memoryBench } from '../workflows/memoryBench.js';
import { type TemporalBench, temporalBench } from '../workflows/temporalBench.js';
import { writeHistory } from './historyFile.js';
import { scenarios } from './scenarios.js';

const folder = join(import.meta.dirname, 'histories', packageJson.version);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const server = await startTemporal({ namespaces: Object.keys(scenarios).map((name) => name.toLowerCase()) });

for (const [name, { bench: options, play }] of Object.entries(scenarios)) {
  const temporal = await temporalBench(server.address, name.toLowerCase());
  const bench = await memoryBench(options);
  await temporal.startWorker(bench.estate);
  await play(bench, temporal);
  const kinds = await keep(name, temporal);
  await temporal.close();
  bench.close();
  console.log(`${name}: ${kinds.join(', ')}`);
}
await server.stop();

/** One history of each workflow that was played and each run of it, but of rotations within others: their scenarios are apart. */
async function keep(name: string, { client }: TemporalBench): Promise<readonly string[]> {
  const runs = [];
  for await (const run of client.workflow.list()) runs.unshift(run);
  const kept = runs.every(({ type }) => type === 'rotateCredential')
    ? runs
    : runs.filter(({ type }) => type !== 'rotateCredential');
  for (const [part, { workflowId, runId, type }] of kept.entries()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    writeHistory(join(folder, `${name}-${part + 1}-${type}.history`), history);
  }
  return kept.map(({ type }) => type);
}
