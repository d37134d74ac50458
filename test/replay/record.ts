// Records histories of this release, to be replayed by every later one: npx tsx test/replay/record.ts
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { memoryBench } from '../workflows/memoryBench.js';
import { ownTemporal } from '../workflows/ownTemporal.js';
import { temporalBench } from '../workflows/temporalBench.js';
import { writeHistory } from './historyFile.js';
import { scenarios } from './scenarios.js';

const folder = join(import.meta.dirname, 'histories', packageJson.version);
mkdirSync(folder, { recursive: true });
const server = await ownTemporal();
const temporal = await temporalBench(server.address, 'default');
const bench = await memoryBench({ credentials: Object.keys(scenarios).length });
await temporal.startWorker(bench.estate);

for (const [index, [name, run]] of Object.entries(scenarios).entries()) {
  const { workflowId } = await run(bench, temporal, index + 1);
  const runIds: string[] = [];
  for await (const { runId } of temporal.client.workflow.list({ query: `WorkflowId = "${workflowId}"` }))
    runIds.unshift(runId);
  for (const [part, runId] of runIds.entries()) {
    const history = await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
    writeHistory(join(folder, `${name}-${part + 1}.history`), history);
  }
  console.log(`${name}: ${runIds.length} runs`);
}
await temporal.close();
await server.stop();
bench.close();
