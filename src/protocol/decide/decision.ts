import type { EndState, Reason } from '../../model/endStates.js';
import type { TargetId, VersionId } from '../../model/record.js';
import type { Instant } from '../../model/time.js';
import type { Command, CommandOf, LoginAs, Step, WaitReason } from '../commands.js';
import { mayGuess, mayProbe } from '../refusals.js';
import { factsOf, holdsOne, isPromoted, oldsAt, planOf, type RotationState, settledAt, staged } from '../state.js';

/** What a phase says: do this, it is over, or go on with these facts changed. */
export type Decision = Step | { readonly go: Partial<RotationState> };

export function run(...commands: readonly Command[]): Decision {
  return { commands };
}

export function go(state: RotationState, phase: RotationState['phase'], change: Partial<RotationState> = {}): Decision {
  return { go: { ...change, phase, deadline: state.now + state.order.plan.timing.settleDeadlineMs } };
}

export function finishAs(state: EndState, reason: Reason | null, open: boolean): Decision {
  return { go: { phase: 'finished', ending: { state, reason, open } } };
}

export function wait(until: Instant, why: WaitReason, asks: readonly TargetId[] = []): CommandOf<'wait'> {
  return { do: 'wait', until, why, asks };
}

/** Ask once more after the plan's pause, but not past the deadline. A target is asked ever more rarely: whatever it answers, a handful of times. */
export function askAgain(state: RotationState, asks: readonly TargetId[] = []): CommandOf<'wait'> {
  const rounds = Math.max(0, ...asks.map((id) => factsOf(state, id).asks));
  const pause = state.now + state.order.plan.timing.probeAgainMs * 2 ** Math.min(rounds, mostDoublings);
  return wait(Math.max(Math.min(pause, state.deadline), state.now + 1), 'again', asks);
}

const mostDoublings = 10;

/** Nothing that was sent there may still arrive afterwards. */
export function waitForQuiet(state: RotationState, target: TargetId): CommandOf<'wait'> {
  return wait(settledAt(state, target), 'quiet', [target]);
}

/** One login, to see whether this version works. What the record must say before it is filled in for the whole step. */
export function probe(state: RotationState, target: TargetId, version: VersionId): CommandOf<'probe'> {
  return { do: 'probe', target, version, write: null, explain: needsExplaining(state, target, version) };
}

/** An old secret that is refused beside the new one, which works, is refused for its own sake: nobody need ask why. */
function needsExplaining(state: RotationState, target: TargetId, version: VersionId): boolean {
  const isOld = version !== state.record?.candidate;
  return planOf(state, target).login === 'management' && !(isOld && factsOf(state, target).taken);
}

/** Anything to do comes before waiting; when there is only waiting, the shortest wait counts. */
export function runAll(commands: readonly Command[]): Decision | null {
  const effects = commands.filter((command) => command.do !== 'wait');
  if (effects.length > 0) return run(...effects);
  const waits = commands.filter((command) => command.do === 'wait');
  const [first, ...later] = waits.sort((one, other) => one.until - other.until);
  if (first === undefined) return null;
  const together = later.filter(({ until, why }) => until === first.until && why === first.why);
  return run({ ...first, asks: [first, ...together].flatMap(({ asks }) => asks) });
}

/** The rotation cannot reach its goal. Past promote it goes forward all the same; before it the failure policy speaks. */
export function giveUp(state: RotationState, reason: Reason): Decision {
  if (isPromoted(state)) return go(state, 'retired');
  const touched = Object.values(state.targets).some((facts) => facts.sends > 0);
  if (mayHaveMade(state)) return finishAs('unverified', reason, true);
  if (!touched && !madeByTarget(state)) return finishAs('untouched', reason, false);
  switch (state.policy) {
    case 'restore':
      return go(state, 'undo', { failing: reason });
    case 'disable':
      return go(state, 'suspended', { failing: reason });
    case 'forward':
      return finishAs(...observedEnd(state, reason));
  }
}

/** Cancelled, and the policy is not to go on all the same. */
export function isStopping(state: RotationState): boolean {
  return state.cancelled && state.policy !== 'forward' && !isPromoted(state);
}

/** An issued candidate lives at the target as soon as it is staged. */
export function madeByTarget(state: RotationState): boolean {
  return state.order.plan.maker === 'issued' && state.record?.candidate != null;
}

/** A slot may be there of which nobody heard: whoever finishes this record finds it by difference. */
export function mayHaveMade({ record, targets }: RotationState): boolean {
  if (record?.candidate != null) return false;
  // Slots are written down right before one is made: an earlier run may have got further than it could say.
  return record?.slotsBefore != null || Object.values(targets).some(({ stages }) => stages > 0);
}

/** Forward never undoes: the end is whatever is there. */
function observedEnd(state: RotationState, reason: Reason): [EndState, Reason, boolean] {
  const certain = Object.entries(state.targets).every(([id, facts]) => facts.sends === 0 || isBack(state, id));
  return certain && !madeByTarget(state) ? ['untouched', reason, false] : ['unverified', reason, true];
}

/**
 * Seen to be as before: the old secret opens and the new one does not. Where the slot holds one secret, and a change kills
 * the other at once, the old one's acceptance says both.
 */
export function isBack(state: RotationState, id: TargetId): boolean {
  const { answers, working } = factsOf(state, id);
  const isOut = answers[staged(state).candidate] === 'rejected';
  if (state.now < settledAt(state, id)) return false;
  if (working === null) return isOut;
  return answers[working] === 'accepted' && (isOut || holdsOne(state, id));
}

/** Who logs in to change a target before its change: the management login, or the account with what works. */
export function loginBefore(state: RotationState, target: TargetId): LoginAs | null {
  if (planOf(state, target).login === 'management') return { as: 'management' };
  const { working } = factsOf(state, target);
  return working === null ? null : { as: 'self', version: working };
}

/** Who logs in once the target has taken the candidate. */
export function loginAfter(state: RotationState, target: TargetId): LoginAs {
  return planOf(state, target).login === 'management'
    ? { as: 'management' }
    : { as: 'self', version: staged(state).candidate };
}

export function notAfter(state: RotationState): Instant {
  return state.now + state.order.plan.timing.effectMs;
}

/** Targets that can be changed: something works there, or the policy allows to overwrite without knowing what does, and it can be verified. */
export function workable(state: RotationState): readonly TargetId[] {
  return state.order.plan.targets.map((target) => target.id).filter((id) => isWorkable(state, id));
}

function isWorkable(state: RotationState, id: TargetId): boolean {
  const facts = factsOf(state, id);
  if (facts.working !== null || facts.sends > 0 || facts.taken) return true;
  if (planOf(state, id).login !== 'management' || !mayProbe(state, id)) return false;
  const olds = oldsAt(state, id);
  return olds.length === 0 || (state.policy === 'forward' && (isDrifted(state, id) || isUnaskable(state, id)));
}

/** Something was refused there, and the rest cannot be tried any more. */
function isUnaskable(state: RotationState, id: TargetId): boolean {
  const answers = Object.values(factsOf(state, id).answers);
  return answers.length > 0 && !mayGuess(state, id) && answers.every((answer) => answer === 'rejected');
}

/** Every version that we hold was refused there. */
export function isDrifted(state: RotationState, id: TargetId): boolean {
  const olds = oldsAt(state, id);
  const { answers, working } = factsOf(state, id);
  return working === null && olds.length > 0 && olds.every((old) => answers[old] === 'rejected');
}

/** Everything that is held was refused there. */
export function isLost(state: RotationState, id: TargetId): boolean {
  const { answers } = factsOf(state, id);
  const candidate = state.record?.candidate ?? null;
  return [candidate, ...oldsAt(state, id)].every((version) => version !== null && answers[version] === 'rejected');
}
