import type { Flags, Reason } from '../../model/endStates.js';
import type { Gone } from '../../model/record.js';
import type { End } from '../commands.js';
import { type Ending, factsOf, isPromoted, type RotationState } from '../state.js';
import { askAgain, type Decision, run } from './decision.js';
import { isStale } from './promote.js';
import { deathOf, whyAlive } from './retire.js';

export function finished(state: RotationState): Decision {
  const ending = state.ending ?? observed(state);
  if (state.record === null || ending.open || state.finished) return { end: endOf(state, ending) };
  if (state.vaultFailure === null) return run({ do: 'finish', end: ending.state, gone: goneFrom(state) });
  return state.now < state.deadline ? run(askAgain(state)) : { end: endOf(state, { ...ending, open: true }) };
}

/** Past promote the facts alone say how it ended. */
function observed(state: RotationState): Ending {
  const ids = state.order.plan.targets.map((target) => target.id);
  const reasons = ids.map((id) => whyAlive(state, id)).filter((reason) => reason !== null);
  const reason = reasons[0];
  if (reason !== undefined) return { state: 'replaced', reason, open: reasons.some(mayBecomeProven) };
  if (state.stillUsed) return { state: 'rotated', reason: 'stillUsed', open: false };
  return { state: 'rotated', reason: isStale(state) ? 'copyUnavailable' : null, open: isStale(state) };
}

/** Looking again later can settle these; for the others everything that can be known is known. */
function mayBecomeProven(reason: Reason): boolean {
  return reason !== 'vacuous' && reason !== 'lockout';
}

function goneFrom(state: RotationState): readonly Gone[] {
  const olds = isPromoted(state) ? (state.record?.olds ?? []) : [];
  const ids = state.order.plan.targets.map((target) => target.id);
  return olds.flatMap((version) => {
    const targets = ids.filter(
      (id) => deathOf(state, id, version) === 'proven' || deathOf(state, id, version) === 'replaced',
    );
    return targets.length === 0 ? [] : [{ version, targets }];
  });
}

function endOf(state: RotationState, ending: Ending): End {
  const { joined, record } = state;
  const clean = joined === null || (record?.stagedAt != null && record.stagedAt >= joined.cleanAfter);
  return {
    ...ending,
    flags: flagsOf(state, ending),
    again: !clean && (ending.state === 'rotated' || ending.state === 'replaced'),
  };
}

function flagsOf(state: RotationState, ending: Ending): Flags {
  const ids = state.order.plan.targets.map((target) => target.id);
  const unsaved = ids.filter((id) => factsOf(state, id).confirmed === 'failed');
  const stale = Object.entries(state.copies).filter(([, copy]) => copy.stale);
  const safe = ending.state === 'rotated' || ending.state === 'disabled';
  return { exposed: !safe || unsaved.length > 0, stale: stale.map(([ref]) => ref), unsaved };
}
