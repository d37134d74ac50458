import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { type RunReport, runReportSchema } from './runReport.js';

/** What is known of one or more campaigns on the same code. */
export interface Kept {
  readonly seeds: readonly number[];
  /** Cases that there are, by estate. */
  readonly cases: Readonly<Record<string, number>>;
  readonly runs: readonly RunReport[];
  readonly undecided: number;
}

const entrySchema = z.union([
  z.object({ begun: z.object({ seed: z.number(), cases: z.record(z.string(), z.number()) }) }),
  z.object({ run: runReportSchema }),
  z.object({ undecided: z.string() }),
]);
type Entry = z.output<typeof entrySchema>;

/** Lines of JSON, in a file where one is named: campaigns that are cut short add up. */
export class RunLog {
  readonly #file: string | null;
  readonly #entries: Entry[];

  constructor(file: string | null) {
    this.#file = file;
    const text = file !== null && existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
    this.#entries = text === '' ? [] : text.split('\n').map((line) => entrySchema.parse(JSON.parse(line)));
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#file !== null) appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
  }

  get kept(): Kept {
    const begun = this.#entries.flatMap((entry) => ('begun' in entry ? [entry.begun] : []));
    return {
      seeds: [...new Set(begun.map(({ seed }) => seed))],
      cases: Object.assign({}, ...begun.map(({ cases }) => cases)),
      runs: this.#entries.flatMap((entry) => ('run' in entry ? [entry.run] : [])),
      undecided: this.#entries.filter((entry) => 'undecided' in entry).length,
    };
  }
}
