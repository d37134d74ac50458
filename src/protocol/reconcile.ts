import type { ProbeAnswer } from '../model/probe.js';

/** What two probes, of the new and of the old secret, say about a target. */
export const verdicts = {
  happened: 'the change took: go on',
  overlapping: 'both work, as they should where two may live: go on',
  propagating: 'both work where only one may: probe again',
  unclear: 'one answer is missing: probe again',
  nothing: 'the change did not take: the same candidate again, or undo',
  neither: 'neither works: the same candidate once more by the management login',
  barred: 'the account is locked, disabled or expired: nobody can tell',
} as const;
export type Verdict = keyof typeof verdicts;

/** What the verdict becomes when the deadline has passed or no more refusals may be spent. */
export const lastWords = {
  happened: 'taken',
  overlapping: 'taken',
  propagating: 'taken',
  unclear: 'unknown',
  nothing: 'failed',
  neither: 'lost',
  barred: 'unknown',
} as const satisfies Record<Verdict, TargetOutcome>;

/** What finally became of a change on one target. `taken` needs the new secret accepted. */
export type TargetOutcome = 'taken' | 'failed' | 'unknown' | 'lost';

interface Row {
  readonly new: readonly ProbeAnswer[];
  readonly old: readonly ProbeAnswer[];
  readonly single: Verdict;
  /** Where two secrets may live at once; default: as `single`. */
  readonly overlap?: Verdict;
  readonly atDeadline: string;
}

const any: readonly ProbeAnswer[] = ['accepted', 'rejected', 'barred', 'unknown'];

/** The reconcile table: the first row that fits. Code, docs/protocol.md and tests read this one value. */
export const reconcileTable: readonly Row[] = [
  { new: ['accepted'], old: ['rejected'], single: 'happened', atDeadline: 'go on' },
  {
    new: ['accepted'],
    old: ['accepted'],
    single: 'propagating',
    overlap: 'overlapping',
    atDeadline: 'promote, end `replaced`, keep proving',
  },
  {
    new: ['accepted'],
    old: ['unknown', 'barred'],
    single: 'propagating',
    overlap: 'overlapping',
    atDeadline: 'promote, end `replaced`, keep proving',
  },
  { new: ['barred'], old: any, single: 'barred', atDeadline: '`parked` when suspended by relock, else `unverified`' },
  { new: ['unknown'], old: any, single: 'unclear', atDeadline: '`unverified`: hold both, no promote' },
  {
    new: ['rejected'],
    old: ['accepted'],
    single: 'nothing',
    atDeadline: 'the failure policy; the candidate stays held',
  },
  { new: ['rejected'], old: ['rejected'], single: 'neither', atDeadline: '`lost`: hold all, page' },
  {
    new: ['rejected'],
    old: ['unknown', 'barred'],
    single: 'unclear',
    atDeadline: '`unverified`: hold both, no promote',
  },
];

/** Reads the table. Total: every pair of answers has a row. */
export function reconcile(newAnswer: ProbeAnswer, oldAnswer: ProbeAnswer, overlap: boolean): Verdict {
  const row = reconcileTable.find(
    (candidate) => candidate.new.includes(newAnswer) && candidate.old.includes(oldAnswer),
  );
  if (row === undefined) throw new Error(`reconcile table has no row for ${newAnswer} × ${oldAnswer}`);
  return overlap ? (row.overlap ?? row.single) : row.single;
}
