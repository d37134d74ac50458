import type { TargetId, VersionId } from '../../model/record.js';
import type { Command, LoginAs } from '../commands.js';
import { mayLogIn, mayProbe } from '../refusals.js';
import { factsOf, holdsOne, planOf, type RotationState, settledAt, staged, targetIds } from '../state.js';
import { announce } from './change.js';
import {
  askAgain,
  type Decision,
  finishAs,
  isBack,
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
  if (asked !== null) return probe(state, id, asked);
  const next = dying(state, id) ?? revertOf(state, id);
  return next ?? (state.now < state.deadline && !isStuck(state, id) ? askAgain(state, [id]) : null);
}

/** The one slot was seen to hold the new secret, and nothing is under way there: it will not go back by itself. */
function isStuck(state: RotationState, id: TargetId): boolean {
  return holdsOne(state, id) && factsOf(state, id).answers[staged(state).candidate] === 'accepted';
}

/** Looks before it acts: nothing is put back where it never left. The old one is asked last, so that a good login ends it. */
function nextProbe(state: RotationState, id: TargetId): VersionId | null {
  const { answers, working } = factsOf(state, id);
  const { candidate } = staged(state);
  if (!mayProbe(state, id)) return null;
  if (answers[candidate] === undefined && (working === null || !holdsOne(state, id))) return candidate;
  if (working !== null && answers[working] === undefined && needsOld(state, id)) return working;
  return answers[candidate] === undefined && planOf(state, id).login === 'self' ? candidate : null;
}

/** Where the new one was just accepted, the old one need not be asked: unless it is the login that takes the new one out. */
function needsOld(state: RotationState, id: TargetId): boolean {
  const { capabilities, login } = planOf(state, id);
  const { answers } = factsOf(state, id);
  return answers[staged(state).candidate] !== 'accepted' || (login === 'self' && capabilities.overlap);
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
  const login = undoLogin(state, id);
  if (working === null || login === null || reverts >= maxReverts) return null;
  const until = notAfter(state);
  const common = { target: id, login, notAfter: until, write: announce(state, until) };
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

/** The account itself undoes with what was just seen to work: the candidate where only one secret lives, else the old one. */
function undoLogin(state: RotationState, id: TargetId): LoginAs | null {
  const plan = planOf(state, id);
  if (plan.login === 'management') return { as: 'management' };
  if (!mayLogIn(state, id)) return null;
  const { working, answers } = factsOf(state, id);
  const { candidate } = staged(state);
  const version = plan.capabilities.overlap ? working : candidate;
  return version !== null && answers[version] === 'accepted' ? { as: 'self', version } : null;
}

function afterUndo(state: RotationState, told: readonly TargetId[]): Decision {
  const reason = state.failing ?? 'cancelled';
  if (!told.every((id) => isBack(state, id))) return finishAs('unverified', reason, true);
  const wasIn = told.some((id) => factsOf(state, id).everTaken || factsOf(state, id).reverts > 0);
  return finishAs(wasIn ? 'rolledBack' : 'untouched', reason, false);
}
