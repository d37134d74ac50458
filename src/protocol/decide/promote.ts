import type { TargetId, VersionId } from '../../model/record.js';
import type { Command } from '../commands.js';
import { mayProbe } from '../refusals.js';
import { type CopyFacts, factsOf, holdsOne, isPromoted, type RotationState, targetIds } from '../state.js';
import { askAgain, type Decision, finishAs, giveUp, go, isStopping, probe, run, wait, workable } from './decision.js';

export function promoted(state: RotationState): Decision {
  const [primary, ...others] = state.order.plan.copies;
  if (primary === undefined) return finishAs('untouched', 'misconfigured', true);
  const facts = state.copies[primary];
  return facts?.promoted === true ? promoteOthers(state, others) : promotePrimary(state, primary, facts);
}

function promotePrimary(state: RotationState, copy: string, facts: CopyFacts | undefined): Decision {
  const mayBeDone = facts?.promoting === true;
  if (isStopping(state) && !mayBeDone) return giveUp(state, 'cancelled');
  const judged = facts?.stranger == null ? 'refused' : judgeStranger(state, facts.stranger);
  if (judged === 'accepted') return superseded(state);
  if (judged === 'undecided') return finishAs('unverified', 'superseded', true);
  if (judged !== 'refused') return run(judged);
  if (state.vaultFailure === null)
    return run({ do: 'promote', copy, ifCurrent: facts?.stranger ?? state.record?.base ?? null });
  if (state.now < state.deadline) return run(askAgain(state));
  return mayBeDone || state.policy === 'forward'
    ? finishAs('unverified', state.vaultFailure, true)
    : giveUp(state, state.vaultFailure);
}

/** A person's value works. Where ours lives beside it, it is not untouched: the record stays and says that both are accepted. */
function superseded(state: RotationState): Decision {
  const isBeside = targetIds(state).some((id) => factsOf(state, id).taken && !holdsOne(state, id));
  return isBeside ? finishAs('unverified', 'superseded', true) : finishAs('untouched', 'superseded', false);
}

/**
 * A person wrote this value while we worked. If it works, it is newer than ours; if it is refused, ours goes over it. Where
 * some targets take it and others do not, only a person can say what was meant.
 */
function judgeStranger(state: RotationState, stranger: VersionId): 'accepted' | 'refused' | 'undecided' | Command {
  const [first, ...rest] = workable(state).filter((id) => factsOf(state, id).everTaken);
  if (first === undefined) return 'undecided';
  const answer = factsOf(state, first).answers[stranger];
  if (answer === 'rejected') return 'refused';
  const unclear = [first, ...rest].find((id) => factsOf(state, id).answers[stranger] !== 'accepted');
  if (unclear === undefined) return 'accepted';
  return factsOf(state, unclear).answers[stranger] === 'rejected' ? 'undecided' : ask(state, unclear, stranger);
}

function ask(state: RotationState, target: TargetId, stranger: VersionId): 'undecided' | Command {
  if (state.now >= state.deadline || !mayProbe(state, target)) return 'undecided';
  return factsOf(state, target).answers[stranger] === undefined
    ? probe(state, target, stranger)
    : askAgain(state, [target]);
}

function promoteOthers(state: RotationState, others: readonly string[]): Decision {
  const behind = others.filter((copy) => state.copies[copy]?.promoted !== true && state.copies[copy]?.stale !== true);
  if (behind.length === 0) return go(state, 'adopted');
  const untried = behind.filter((copy) => state.copies[copy]?.failed !== true);
  if (untried.length > 0) return run(...untried.map((copy) => promoteOver(state, copy)));
  return state.now < state.deadline ? run(askAgain(state)) : { go: { copies: markStale(state, behind) } };
}

/** A secondary copy follows the primary: whatever its readers get now is held, then replaced. */
function promoteOver(state: RotationState, copy: string): Command {
  return { do: 'promote', copy, ifCurrent: state.record?.base ?? null };
}

function markStale(state: RotationState, behind: readonly string[]): RotationState['copies'] {
  const marked = behind.flatMap((ref) => {
    const facts = state.copies[ref];
    return facts === undefined ? [] : [[ref, { ...facts, stale: true }] as const];
  });
  return { ...state.copies, ...Object.fromEntries(marked) };
}

export function adopted(state: RotationState): Decision {
  const stale = Object.values(state.copies).some((copy) => copy.stale);
  if (stale && state.policy !== 'forward') return finishAs('replaced', 'copyUnavailable', true);
  if (state.order.plan.consumers.length === 0 || state.consumersMoved) return go(state, 'retired');
  const until = state.parkedUntil ?? state.now + state.order.plan.timing.stragglerMs;
  if (state.parkedUntil === null) return { go: { parkedUntil: until } };
  if (state.now < until) return run(wait(until, 'consumers'));
  return state.policy === 'forward'
    ? go(state, 'retired', { parkedUntil: null })
    : finishAs('replaced', 'consumers', true);
}

export function isStale(state: RotationState): boolean {
  return isPromoted(state) && Object.values(state.copies).some((copy) => copy.stale);
}
