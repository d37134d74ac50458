import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Summary } from './summary.js';

/** The last campaign that somebody kept with `--record`; docs/faults.md is made of it. */
export interface Recorded extends Summary {
  /** Day of the last run, UTC. */
  readonly on: string;
  readonly seeds: readonly number[];
  /** Cases that there are, by estate. */
  readonly cases: Readonly<Record<string, number>>;
  readonly undecided: number;
}

const ends = z.record(z.string(), z.number());
const recordedSchema: z.ZodType<Recorded> = z.object({
  on: z.string(),
  seeds: z.array(z.number()),
  cases: ends,
  undecided: z.number(),
  runs: z.number(),
  notMet: z.number(),
  estates: z.record(
    z.string(),
    z.object({ runs: z.number(), ends, faults: z.record(z.string(), z.record(z.string(), ends)) }),
  ),
  afterwards: z.record(z.string(), ends),
  told: z.record(z.string(), z.array(z.string())),
  violations: z.array(z.string()),
});

const file = fileURLToPath(new URL('./recorded.json', import.meta.url));

export function readRecorded(): Recorded {
  return recordedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

export function writeRecorded(recorded: Recorded): void {
  writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
}
