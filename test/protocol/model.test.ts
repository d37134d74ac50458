import fc from 'fast-check';
import { test } from 'vitest';
import { type Scenario, scenarios } from './model/scenario.js';
import { Simulation } from './model/simulation.js';

const numRuns = Number(process.env.RELOCK_MODEL_RUNS ?? 2_500);
const seed =
  process.env.RELOCK_MODEL_SEED === undefined
    ? {}
    : { seed: Number(process.env.RELOCK_MODEL_SEED), path: process.env.RELOCK_MODEL_PATH ?? '' };

test('I1–I6 hold at every instant, whatever fails and whoever interferes', async () => {
  await fc.assert(fc.asyncProperty(scenarios, holds), { numRuns, timeout: 5_000, ...seed });
}, 120_000);

async function holds(scenario: Scenario): Promise<void> {
  const simulation = new Simulation(scenario);
  let problems: readonly string[];
  try {
    problems = await simulation.play();
  } catch (error) {
    throw new Error(`${String(error)}\n${simulation.trace.join('\n')}`);
  }
  if (problems.length > 0) throw new Error(`${problems.join('\n')}\n${simulation.trace.join('\n')}`);
}
