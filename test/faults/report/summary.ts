import type { RunReport } from './runReport.js';

/** How many runs ended how. */
export type Ends = Readonly<Record<string, number>>;

export interface EstateSummary {
  readonly runs: number;
  readonly ends: Ends;
  /** By fault, then by the phase that it met. */
  readonly faults: Readonly<Record<string, Readonly<Record<string, Ends>>>>;
}

/** What of a campaign is kept in the repository: counts, no logs and no values. */
export interface Summary {
  readonly runs: number;
  /** Runs in which the chosen request did not come, so that nothing happened. */
  readonly notMet: number;
  readonly estates: Readonly<Record<string, EstateSummary>>;
  /** For each end: what was done afterwards until it was `rotated`. */
  readonly afterwards: Readonly<Record<string, Ends>>;
  /** For each end other than `rotated`: what one operator read. */
  readonly told: Readonly<Record<string, readonly string[]>>;
  readonly violations: readonly string[];
}

export function summaryOf(runs: readonly RunReport[]): Summary {
  const met = runs.filter(({ phase }) => phase !== null);
  return {
    runs: runs.length,
    notMet: runs.length - met.length,
    estates: grouped(
      met,
      (run) => run.estate,
      (own) => ({ runs: own.length, ends: endsOf(own), faults: byFault(own) }),
    ),
    afterwards: grouped(
      met,
      ({ end }) => end,
      (own) => counted(own.map(({ afterwards }) => wayOf(afterwards))),
    ),
    told: grouped(
      met.filter(({ end }) => end !== 'rotated'),
      ({ end }) => end,
      ([first]) => first?.told ?? [],
    ),
    violations: runs.flatMap(violationLines),
  };
}

function byFault(runs: readonly RunReport[]): EstateSummary['faults'] {
  return grouped(
    runs,
    ({ fault }) => fault,
    (own) => grouped(own, ({ phase }) => phase ?? '', endsOf),
  );
}

function endsOf(runs: readonly RunReport[]): Ends {
  return counted(runs.map(({ end }) => end));
}

function wayOf(afterwards: readonly string[]): string {
  return afterwards.length === 0 ? 'nothing' : afterwards.join(', then ');
}

function violationLines({ violations, ...run }: RunReport): readonly string[] {
  const { estate, policy, fault, line, request } = run;
  const where = `${estate}, ${policy}, ${fault} at request ${request} to ${line} (${run.phase ?? 'not met'}), ${run.end}`;
  return violations.map(({ invariant, what }) => `${invariant}: ${what} [${where}]`);
}

function counted(words: readonly string[]): Ends {
  return grouped(
    words,
    (word) => word,
    (own) => own.length,
  );
}

/** Sorted by name, so that the same runs give the same text. */
function grouped<Item, Value>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  summed: (own: readonly Item[]) => Value,
): Readonly<Record<string, Value>> {
  const names = [...new Set(items.map(nameOf))].sort();
  return Object.fromEntries(names.map((name) => [name, summed(items.filter((item) => nameOf(item) === name))]));
}
