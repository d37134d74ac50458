// How many rotations Temporal and one worker carry, with vaults and targets that weigh nothing: npx tsx bench/rotations.ts [count]
import { memoryBench } from '../test/workflows/memoryBench.js';
import { ownTemporal } from '../test/workflows/ownTemporal.js';
import { rotationInput } from '../test/workflows/rotationInput.js';
import { startRotation, temporalBench } from '../test/workflows/temporalBench.js';

const count = Number(process.argv[2] ?? 200);
const inFlight = 24;

const server = await ownTemporal();
const temporal = await temporalBench(server.address, 'default');
const bench = await memoryBench({ credentials: count });
await temporal.startWorker(bench.estate);

const ids = [...bench.estate.credentials.keys()];
const ends: Record<string, number> = {};
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
await Promise.all(Array.from({ length: inFlight }, rotateNext));
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const last = await temporal.client.workflow.getHandle('rotate/acme/svc-1').fetchHistory();
console.log(
  JSON.stringify({
    rotations: count,
    targetsEach: 2,
    inFlight,
    perSecond: Number((count / seconds).toFixed(1)),
    workerCpuMsEach: Math.round((user + system) / 1000 / count),
    eventsEach: last.events?.length,
    residentMb: Math.round(process.memoryUsage().rss / 2 ** 20),
    ends,
  }),
);
await temporal.close();
await server.stop();
bench.close();

async function rotateNext(): Promise<void> {
  for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, id));
    const { state } = await handle.result();
    ends[state] = (ends[state] ?? 0) + 1;
  }
}
