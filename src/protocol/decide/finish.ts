import type { Flags, Reason } from '../../model/endStates.js';
import type { Gone } from '../../model/record.js';
import type { End } from '../commands.js';
import { lastingRefusals, unsaidRefusals } from '../refusals.js';
import { type Ending, factsOf, isPromoted, type RotationState, targetIds } from '../state.js';
import { askAgain, type Decision, isLost, run } from './decision.js';
import { isStale } from './promote.js';
import { deathOf, whyAlive } from './retire.js';

export function finished(state: RotationState): Decision {
  const ending = keptOpen(state, state.ending ?? observed(state));
  if (state.closedAs !== null) return { end: endOf(state, closed(state, ending, state.closedAs)) };
  if (state.record === null) return { end: endOf(state, ending) };
  if (ending.open) return leaveOpen(state) ?? { end: endOf(state, ending) };
  if (state.vaultFailure === null)
    return run({ do: 'finish', end: ending.state, gone: goneFrom(state), refusals: lastingRefusals(state) });
  return state.now < state.deadline ? run(askAgain(state)) : { end: endOf(state, { ...ending, open: true }) };
}

/** Only the record says that an account is suspended: it stays until a person has let the account in again. */
function keptOpen({ record }: RotationState, ending: Ending): Ending {
  return record !== null && record.suspended.length > 0 ? { ...ending, open: true } : ending;
}

/** The record stays; it must say what was spent. */
function leaveOpen(state: RotationState): Decision | null {
  const refusals = unsaidRefusals(state);
  return refusals === null || state.vaultFailure !== null ? null : run({ do: 'note', write: { refusals } });
}

/** Another interpreter finished the same record first: what it observed counts. One that suspended accounts left it open. */
function closed(state: RotationState, ending: Ending, as: Ending['state']): Ending {
  if (as !== ending.state) return { state: as, reason: 'spent', open: as === 'disabled' };
  return state.overwritten === true ? { ...ending, reason: ending.reason ?? 'superseded' } : ending;
}

/** Past promote the facts alone say how it ended. */
function observed(state: RotationState): Ending {
  const ids = targetIds(state);
  const reasons = ids.map((id) => whyAlive(state, id)).filter((reason) => reason !== null);
  const reason = reasons[0];
  if (!ids.some((id) => factsOf(state, id).taken))
    return ids.every((id) => isLost(state, id))
      ? { state: 'lost', reason: 'refused', open: true }
      : { state: 'unverified', reason: reason ?? 'silent', open: true };
  if (reason !== undefined) return { state: 'replaced', reason, open: reasons.some(mayBecomeProven) };
  if (state.stillUsed) return { state: 'rotated', reason: 'stillUsed', open: false };
  return { state: 'rotated', reason: isStale(state) ? 'copyUnavailable' : null, open: isStale(state) };
}

/** Looking again later can settle these; for the others everything that can be known is known. */
function mayBecomeProven(reason: Reason): boolean {
  return reason !== 'vacuous' && reason !== 'lockout' && reason !== 'adopted';
}

/** From where old versions were seen to be gone; the rest stays held. */
export function goneFrom(state: RotationState): readonly Gone[] {
  const olds = isPromoted(state) ? (state.record?.olds ?? []) : [];
  return olds.flatMap((version) => {
    const targets = targetIds(state).filter((id) => isGone(state, id, version));
    return targets.length === 0 ? [] : [{ version, targets }];
  });
}

function isGone(state: RotationState, id: string, version: string): boolean {
  const { taken } = factsOf(state, id);
  const death = deathOf(state, id, version);
  return taken && (death === 'proven' || death === 'replaced');
}

function endOf(state: RotationState, ending: Ending): End {
  return { ...ending, flags: flagsOf(state, ending), again: isOnceMore(state, ending) };
}

/** An incident joined, and what came of it is not what it asked for: a candidate made after its clean point. */
function isOnceMore({ joined, record }: RotationState, ending: Ending): boolean {
  if (joined === null || ending.open) return false;
  const isIn = ending.state === 'rotated' || ending.state === 'replaced';
  const isClean = record?.stagedAt != null && record.stagedAt >= joined.cleanAfter;
  return !(isIn && isClean);
}

function flagsOf(state: RotationState, ending: Ending): Flags {
  const unsaved = targetIds(state).filter((id) => factsOf(state, id).confirmed === 'failed');
  const overwritten = state.overwritten === true ? state.order.plan.copies.slice(0, 1) : [];
  const stale = Object.entries(state.copies).flatMap(([ref, copy]) => (copy.stale ? [ref] : []));
  const safe = ending.state === 'rotated' || ending.state === 'disabled';
  return { exposed: !safe || unsaved.length > 0, stale: [...overwritten, ...stale], unsaved };
}
