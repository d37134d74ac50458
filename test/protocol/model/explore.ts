import fc from 'fast-check';
import { type Counts, Coverage } from './coverage.js';
import { rare, type Scenario, scenarios } from './scenario.js';
import { Simulation } from './simulation.js';

export interface Exploration {
  readonly seed: number;
  readonly runs: number;
  /** Of a failure that was told before: goes straight to its smallest scenario. */
  readonly path?: string;
}

export interface Explored {
  /** The smallest scenario in which something is wrong, and all that happens in it; null: nothing was found. */
  readonly problem: string | null;
  readonly ran: number;
  readonly counts: Counts;
}

/** Plays random scenarios; what breaks is shrunk until it is easy to read. */
export async function explore({ seed, runs, path = '' }: Exploration): Promise<Explored> {
  const coverage = new Coverage();
  const property = fc.asyncProperty(scenarios, (scenario) => holds(scenario, coverage));
  const details = await fc.check(property, {
    seed,
    numRuns: runs,
    path,
    timeout: 120_000,
    examples: rare.map((scenario): [Scenario] => [scenario]),
  });
  const problem = details.failed ? `${fc.defaultReportMessage(details)}\n${details.errorInstance}` : null;
  return { problem, ran: details.numRuns, counts: coverage.counts() };
}

async function holds(scenario: Scenario, coverage: Coverage): Promise<void> {
  const simulation = new Simulation(scenario, undefined, coverage);
  const problems = await simulation.play().catch((error: unknown) => [String(error)]);
  if (problems.length > 0) throw new Error([...problems, ...simulation.told()].join('\n'));
}
