import type { RotationPlan } from '../../model/plan.js';
import type { VersionId } from '../../model/record.js';
import type { Sight } from './sight.js';

/** What the targets may turn out to accept. */
export interface Circumstance {
  readonly opens: 'new' | 'old' | 'both' | 'found' | 'neither' | 'silence';
  /** null: no target answers. */
  readonly accepted: readonly VersionId[] | null;
}

/** The name, until `open` holds it under its own, of a value that somebody else wrote. */
export const foundVersion: VersionId = 'found';

/** Everything that may be true of all targets alike. Where they differ, each is treated by its own answer. */
export function circumstancesOf({ record, strange }: Sight, plan: RotationPlan): readonly Circumstance[] {
  const { candidate, base, olds, phase, effectsNotAfter } = record;
  const old = base ?? olds[0] ?? null;
  const wasSent = candidate !== null && (effectsNotAfter !== null || phase === 'promoted' || phase === 'retired');
  const overlaps = plan.targets.some(({ capabilities }) => capabilities.overlap);
  const circumstances: (Circumstance | null)[] = [
    candidate !== null && wasSent ? { opens: 'new', accepted: [candidate] } : null,
    candidate !== null && wasSent && overlaps && old !== null ? { opens: 'both', accepted: [candidate, old] } : null,
    old !== null ? { opens: 'old', accepted: [old] } : null,
    strange.length > 0 ? { opens: 'found', accepted: [foundVersion] } : null,
    { opens: 'neither', accepted: [] },
    { opens: 'silence', accepted: null },
  ];
  return circumstances.filter((each) => each !== null);
}
