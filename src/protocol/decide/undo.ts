import type { TargetId, VersionId } from '../../model/record.js';
import type { Command, LoginAs } from '../commands.js';
import { mayProbe } from '../refusals.js';
import { factsOf, planOf, type RotationState, settledAt, staged, targetIds } from '../state.js';
import { announce } from './change.js';
import {
  askAgain,
  type Decision,
  finishAs,
  holdsOne,
  isBack,
  loginAfter,
  madeByTarget,
  notAfter,
  probe,
  runAll,
  wait,
  waitForQuiet,
} from './decision.js';

/** Putting the old secret back is ordered this often at most. */
const maxReverts = 2;

export function undo(state: RotationState): Decision {
  const told = targetIds(state).filter((id) => wasTold(state, id));
  const steps = told.map((id) => putBack(state, id)).filter((command) => command !== null);
  return runAll(steps) ?? afterUndo(state, told);
}

function wasTold(state: RotationState, id: TargetId): boolean {
  return factsOf(state, id).sends > 0 || madeByTarget(state);
}

function putBack(state: RotationState, id: TargetId): Command | null {
  if (isBack(state, id)) return null;
  if (state.now < settledAt(state, id)) return waitForQuiet(state, id);
  const asked = nextProbe(state, id);
  if (asked !== null) return probe(id, asked);
  return dying(state, id) ?? revertOf(state, id) ?? (state.now < state.deadline ? askAgain(state, [id]) : null);
}

/** Looks before it acts: nothing is put back where it never left. The old one is asked last, so that a good login ends it. */
function nextProbe(state: RotationState, id: TargetId): VersionId | null {
  const { answers, working } = factsOf(state, id);
  const { candidate } = staged(state);
  if (!mayProbe(state, id)) return null;
  if (answers[candidate] === undefined && (working === null || !holdsOne(state, id))) return candidate;
  if (working === null || answers[working] !== undefined) return null;
  return answers[candidate] === 'accepted' ? null : working;
}

/** Put back already, and the new one is still accepted for a while. */
function dying(state: RotationState, id: TargetId): Command | null {
  const { oldDies } = planOf(state, id).capabilities;
  const { reverts, changedAt } = factsOf(state, id);
  if (typeof oldDies !== 'object' || reverts === 0 || changedAt === null) return null;
  const until = changedAt + oldDies.afterMs;
  return state.now < until ? wait(until, 'propagating', [id]) : null;
}

function revertOf(state: RotationState, id: TargetId): Command | null {
  const { record, candidate } = staged(state);
  const { working, reverts } = factsOf(state, id);
  if (working === null || reverts >= maxReverts) return null;
  const until = notAfter(state);
  const common = { target: id, login: undoLogin(state, id), notAfter: until, write: announce(state, until) };
  switch (planOf(state, id).capabilities.undo) {
    case 'capture': {
      const capture = record.captures[id];
      return capture === undefined ? null : { do: 'revert', version: capture, ...common };
    }
    case 'change':
      return { do: 'revert', version: working, ...common };
    case 'retire':
      return { do: 'retire', old: candidate, current: working, ...common };
    case 'none':
      return null;
  }
}

/** A self-change is undone with the candidate where only one secret lives, with the old one where both do. */
function undoLogin(state: RotationState, id: TargetId): LoginAs {
  const { working } = factsOf(state, id);
  const overlapping = planOf(state, id).capabilities.overlap && planOf(state, id).login === 'self' && working !== null;
  return overlapping ? { as: 'self', version: working } : loginAfter(state, id);
}

function afterUndo(state: RotationState, told: readonly TargetId[]): Decision {
  const reason = state.failing ?? 'cancelled';
  if (!told.every((id) => isBack(state, id))) return finishAs('unverified', reason, true);
  const wasIn = told.some((id) => factsOf(state, id).everTaken || factsOf(state, id).reverts > 0);
  return finishAs(wasIn ? 'rolledBack' : 'untouched', reason, false);
}
