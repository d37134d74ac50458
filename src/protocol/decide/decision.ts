import type { EndState, Reason } from '../../model/endStates.js';
import type { TargetId } from '../../model/record.js';
import type { Instant } from '../../model/time.js';
import type { Command, LoginAs, Step, WaitReason } from '../commands.js';
import { factsOf, isPromoted, planOf, type RotationState, staged } from '../state.js';

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

export function wait(until: Instant, why: WaitReason): Command {
  return { do: 'wait', until, why };
}

/** Ask once more after the plan's pause, but not past the deadline. */
export function askAgain(state: RotationState): Command {
  return wait(
    Math.min(state.now + state.order.plan.timing.probeAgainMs, Math.max(state.deadline, state.now + 1)),
    'again',
  );
}

/** Anything to do comes before waiting; when there is only waiting, the shortest wait counts. */
export function runAll(commands: readonly Command[]): Decision | null {
  const effects = commands.filter((command) => command.do !== 'wait');
  if (effects.length > 0) return run(...effects);
  const waits = commands.filter((command) => command.do === 'wait');
  const first = waits.sort((one, other) => one.until - other.until)[0];
  return first === undefined ? null : run(first);
}

/** The rotation cannot reach its goal. Past promote it goes forward all the same; before it the failure policy speaks. */
export function giveUp(state: RotationState, reason: Reason): Decision {
  if (isPromoted(state)) return go(state, 'retired');
  const touched = Object.values(state.targets).some((facts) => facts.sends > 0);
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

/** An issued candidate lives at the target as soon as it is staged. */
export function madeByTarget(state: RotationState): boolean {
  return state.order.plan.maker === 'issued' && state.record?.candidate != null;
}

/** Forward never undoes: the end is whatever is there. */
function observedEnd(state: RotationState, reason: Reason): [EndState, Reason, boolean] {
  const certain = Object.values(state.targets).every(
    (facts) => facts.sends === 0 || isBack(facts.answers, facts.working, state),
  );
  return certain && !madeByTarget(state) ? ['untouched', reason, false] : ['unverified', reason, true];
}

function isBack(answers: Readonly<Record<string, string>>, working: string | null, state: RotationState): boolean {
  const candidate = state.record?.candidate;
  return working !== null && candidate != null && answers[working] === 'accepted' && answers[candidate] === 'rejected';
}

/** May one more refusal be risked on this target's realm? Two between good logins, fewer where the account would lock. */
export function mayProbe(state: RotationState, target: TargetId): boolean {
  const plan = planOf(state, target);
  return (state.refusals[plan.realm] ?? 0) < refusalBudget(plan.capabilities.lockoutThreshold);
}

function refusalBudget(lockoutThreshold: number | null): number {
  return lockoutThreshold === null ? refusalsWithoutLockout : Math.min(2, lockoutThreshold - 1);
}

/** A realm that declares never to lock still logs every refusal: enough for two candidates' answers, and no guessing. */
const refusalsWithoutLockout = 4;

/** Proving that the old secret is dead must not lock the account. */
export function mayProve(state: RotationState, target: TargetId): boolean {
  const threshold = planOf(state, target).capabilities.lockoutThreshold;
  return threshold === null || threshold > 2;
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

/** Targets that can be changed: something works there, or the policy allows to overwrite without knowing what does. */
export function workable(state: RotationState): readonly TargetId[] {
  return state.order.plan.targets.map((target) => target.id).filter((id) => isWorkable(state, id));
}

function isWorkable(state: RotationState, id: TargetId): boolean {
  const facts = factsOf(state, id);
  if (facts.working !== null || facts.sends > 0 || facts.taken) return true;
  if (planOf(state, id).login !== 'management') return false;
  const olds = state.record?.olds ?? [];
  return olds.length === 0 || (state.policy === 'forward' && isDrifted(state, id));
}

/** Every version that we hold was refused there. */
export function isDrifted(state: RotationState, id: TargetId): boolean {
  const olds = state.record?.olds ?? [];
  const { answers, working } = factsOf(state, id);
  return working === null && olds.length > 0 && olds.every((old) => answers[old] === 'rejected');
}
