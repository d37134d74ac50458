import type { EndState } from '../../../src/model/endStates.js';
import type { PhaseName } from '../../../src/protocol/phases.js';

/**
 * Every way out of a phase, as commands and ends show it; a phase that has nothing to ask for is passed unseen. One that
 * is never gone in all the runs is a hole in the model, or a way that the protocol no longer has.
 */
export const ways = {
  opened: ['checked', 'verified', 'retired', 'suspended', 'untouched', 'unverified'],
  checked: ['staged', 'applied', 'verified', 'retired', 'untouched'],
  staged: ['applied', 'verified', 'untouched', 'unverified'],
  applied: ['verified', 'undo', 'suspended', 'retired', 'untouched', 'unverified'],
  verified: ['applied', 'confirmed', 'promoted', 'adopted', 'retired', 'undo', 'suspended', 'unverified', 'lost'],
  confirmed: ['promoted', 'verified', 'retired', 'undo'],
  promoted: ['adopted', 'retired', 'undo', 'replaced', 'untouched', 'unverified'],
  adopted: ['retired', 'replaced'],
  retired: ['checked', 'verified', 'rotated', 'replaced', 'unverified', 'lost'],
  undo: ['verified', 'rolledBack', 'untouched', 'unverified'],
  suspended: ['disabled', 'unverified'],
} as const satisfies Partial<Record<PhaseName, readonly (PhaseName | EndState)[]>>;

/**
 * Cells of the reconcile table, new × old, that can be met. The old one is asked only where the new one was refused, and
 * by an undo; where it was not asked its answer is `unknown`.
 */
export const cells: readonly string[] = [
  'accepted × accepted',
  'accepted × rejected',
  'accepted × unknown',
  'rejected × accepted',
  'rejected × rejected',
  'rejected × barred',
  'rejected × unknown',
  'barred × unknown',
  'unknown × accepted',
  'unknown × rejected',
  'unknown × unknown',
];
