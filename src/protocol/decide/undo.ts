import type { TargetId } from '../../model/record.js';
import type { Command, LoginAs } from '../commands.js';
import { factsOf, planOf, type RotationState, staged } from '../state.js';
import { announce } from './change.js';
import {
  askAgain,
  type Decision,
  finishAs,
  loginAfter,
  madeByTarget,
  mayProbe,
  notAfter,
  run,
  runAll,
  wait,
} from './decision.js';

/** Putting the old secret back is ordered this often at most. */
const maxReverts = 2;

export function undo(state: RotationState): Decision {
  const told = state.order.plan.targets.map((target) => target.id).filter((id) => wasTold(state, id));
  const steps = told.map((id) => putBack(state, id)).filter((command) => command !== null);
  return runAll(steps) ?? afterUndo(state, told);
}

function wasTold(state: RotationState, id: TargetId): boolean {
  return factsOf(state, id).sends > 0 || madeByTarget(state);
}

/** Back means seen: the old secret opens, and where two may live, the new one does not. */
function isBack(state: RotationState, id: TargetId): boolean {
  const { answers, working } = factsOf(state, id);
  if (working === null || answers[working] !== 'accepted') return false;
  return !planOf(state, id).capabilities.overlap || answers[staged(state).candidate] === 'rejected';
}

function putBack(state: RotationState, id: TargetId): Command | null {
  const facts = factsOf(state, id);
  if (isBack(state, id)) return null;
  if (facts.quietUntil !== null && state.now < facts.quietUntil) return wait(facts.quietUntil, 'quiet');
  const asked = nextProbe(state, id);
  if (asked !== null) return asked;
  const order = facts.reverts < maxReverts ? revertOf(state, id) : null;
  if (order !== null) return order;
  return state.now < state.deadline ? askAgain(state) : null;
}

/** Looks before it acts: nothing is put back where it never left. */
function nextProbe(state: RotationState, id: TargetId): Command | null {
  const { answers, working } = factsOf(state, id);
  if (working === null || !mayProbe(state, id)) return null;
  if (answers[working] === undefined) return { do: 'probe', target: id, version: working };
  const { candidate } = staged(state);
  const needsBoth = planOf(state, id).capabilities.overlap && answers[working] === 'accepted';
  return needsBoth && answers[candidate] === undefined ? { do: 'probe', target: id, version: candidate } : null;
}

function revertOf(state: RotationState, id: TargetId): Command | null {
  const { record, candidate } = staged(state);
  const { working } = factsOf(state, id);
  const until = notAfter(state);
  const common = { target: id, login: undoLogin(state, id), notAfter: until, write: announce(state, until) };
  if (working === null) return null;
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
  const everTaken = told.some((id) => factsOf(state, id).everTaken);
  return finishAs(everTaken ? 'rolledBack' : 'untouched', reason, false);
}

export function suspended(state: RotationState): Decision {
  const ids = state.order.plan.targets.map((target) => target.id).filter((id) => !factsOf(state, id).suspended);
  if (ids.length === 0) return finishAs('disabled', state.failing, true);
  if (state.vaultFailure !== null || state.now >= state.deadline) return finishAs('unverified', state.failing, true);
  const able = ids.filter((id) => planOf(state, id).capabilities.suspends);
  if (able.length < ids.length) return finishAs('unverified', 'unsupported', true);
  return run(...able.map((id) => suspend(state, id)));
}

function suspend(state: RotationState, id: TargetId): Command {
  const already = state.record?.suspended ?? [];
  const write = { suspended: [...new Set([...already, id])] };
  return { do: 'suspend', target: id, login: { as: 'management' }, notAfter: notAfter(state), write };
}
