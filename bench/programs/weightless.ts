// Rotations with vault and devices that weigh nothing: what Temporal and one worker carry. Started by bench/lanes/weightless.ts.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryBench } from '../../test/workflows/memoryBench.js';
import { temporalBench } from '../../test/workflows/temporalBench.js';
import { peakMemoryMb } from '../measure/cpu.js';
import { rounded } from '../measure/lane.js';
import { newKeyRing } from '../newKeyRing.js';
import { rotateAll } from '../rotateAll.js';

const [address = '', total = '1000', looks = '1000', inFlight = '24'] = process.argv.slice(2);
const marks = new Set(looks.split(',').map(Number));

const bench = await memoryBench({ credentials: Number(total), targetsEach: 1 });
// As it is shipped: bundled from what the compiler made.
const codePath = fileURLToPath(new URL('../../dist/workflows/bundle/workflows.bundle.js', import.meta.url));
const ring = newKeyRing(join(bench.folder, 'codec.keys'));
const temporal = await temporalBench(address, 'default', ring, { codePath });
await temporal.startWorker(bench.estate);
const startedAt = performance.now();
const usedBefore = process.cpuUsage();
let ended = 0;

/** A line for each mark: how many, how fast so far, the highest memory so far. */
function done(): void {
  ended += 1;
  if (!marks.has(ended)) return;
  const perSecond = rounded(ended / ((performance.now() - startedAt) / 1000));
  const { user, system } = process.cpuUsage(usedBefore);
  const workerMsEach = rounded((user + system) / 1000 / ended);
  console.log(
    JSON.stringify({ rotations: ended, perSecond, workerMsEach, peakMb: Math.round(peakMemoryMb(process.pid)) }),
  );
}

const ids = [...bench.estate.credentials.keys()];
const options = { inFlight: Number(inFlight), attempt: 1, done };
await rotateAll(temporal.client, bench.estate, ids, options);
await temporal.close();
bench.close();
