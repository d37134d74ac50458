import fc from 'fast-check';
import { test } from 'vitest';
import { type Scenario, scenarios } from './model/scenario.js';
import { Simulation } from './model/simulation.js';

/** One seed for everybody, so that a red run is red for all; `RELOCK_MODEL_SEED=… RELOCK_MODEL_RUNS=…` looks further. */
const seed = Number(process.env.RELOCK_MODEL_SEED ?? 20_261_123);
const numRuns = Number(process.env.RELOCK_MODEL_RUNS ?? 2_500);
/** Of a failure that was told before: goes straight to its smallest scenario. */
const path = process.env.RELOCK_MODEL_PATH ?? '';

test('I1–I6 hold at every instant, whatever fails and whoever interferes', async () => {
  await fc.assert(fc.asyncProperty(scenarios, holds), { seed, numRuns, path, timeout: 60_000 });
}, 600_000);

async function holds(scenario: Scenario): Promise<void> {
  const simulation = new Simulation(scenario);
  const problems = await simulation.play().catch((error: unknown) => [String(error)]);
  if (problems.length > 0) throw new Error([...problems, ...simulation.trace].join('\n'));
}
