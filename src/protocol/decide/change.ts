import type { Reason } from '../../model/endStates.js';
import type { RecordChange, TargetId } from '../../model/record.js';
import type { Command } from '../commands.js';
import { lastWords, reconcile, type TargetOutcome, type Verdict } from '../reconcile.js';
import { locks, mayProbe } from '../refusals.js';
import { factsOf, isPromoted, isQuiet, planOf, type RotationState, settledAt, staged } from '../state.js';
import { captureOf, lacksUndo } from './capture.js';
import {
  askAgain,
  type Decision,
  finishAs,
  giveUp,
  go,
  isStopping,
  loginBefore,
  madeByTarget,
  notAfter,
  probe,
  run,
  runAll,
  wait,
  waitForQuiet,
  workable,
} from './decision.js';

/** The same candidate is ordered this often at most to one target. */
const maxOrders = 2;

/** Targets that count now: those that may have been told, and the canary; once one has taken the candidate, all. */
function scope(state: RotationState): readonly TargetId[] {
  const ids = workable(state);
  if (isCanaryOver(state)) return ids;
  const canary = canaryOf(state);
  return ids.filter((id) => id === canary || factsOf(state, id).orders > 0 || factsOf(state, id).sends > 0);
}

function isCanaryOver(state: RotationState): boolean {
  return isPromoted(state) || workable(state).some((id) => factsOf(state, id).everTaken);
}

/** The first target that can be reached. */
function canaryOf(state: RotationState): TargetId | undefined {
  const ids = workable(state);
  return ids.find((id) => !isPassedOver(state, id)) ?? ids[0];
}

/** Nothing was sent, and by silence only: others are tried first, then it once more. */
function isPassedOver(state: RotationState, id: TargetId): boolean {
  const { orders, sends, failure } = factsOf(state, id);
  return orders > 0 && sends === 0 && (failure === 'unreachable' || failure === 'silent');
}

export function applied(state: RotationState): Decision {
  const targets = scope(state);
  const untold = targets.filter((id) => isUntold(state, id));
  const nothingSent = untold.length === targets.length;
  if (isStopping(state) || (state.cancelled && !isPromoted(state) && nothingSent)) return giveUp(state, 'cancelled');
  const orders = untold.flatMap((id) => order(state, id));
  return orders.length > 0 ? run(...orders) : go(state, 'verified');
}

/** It can be told now, and was not. */
function isUntold(state: RotationState, id: TargetId): boolean {
  const { orders, taken } = factsOf(state, id);
  const isUnheard = orders === 0 || isPassedOver(state, id);
  return isUnheard && !taken && mayOrder(state, id) && !isQuiet(state, id);
}

/** Nothing is sent that could not be verified. */
function mayOrder(state: RotationState, id: TargetId): boolean {
  if (madeByTarget(state) || isStopping(state) || !hasLogin(state, id) || !mayProbe(state, id)) return false;
  if (lacksUndo(state, id)) return false;
  return factsOf(state, id).orders < maxOrders && (isCanaryOver(state) || id === canaryOf(state));
}

/** Once something was sent, the account's own old secret is a login only right after it was seen to work. */
function hasLogin(state: RotationState, id: TargetId): boolean {
  const login = loginBefore(state, id);
  const { sends, answers } = factsOf(state, id);
  return login !== null && (login.as === 'management' || sends === 0 || answers[login.version] === 'accepted');
}

function order(state: RotationState, id: TargetId): readonly Command[] {
  const capture = captureOf(state, id);
  if (capture !== null) return [capture];
  const login = loginBefore(state, id);
  if (login === null) return [];
  const { candidate } = staged(state);
  const until = notAfter(state);
  const replacing = oldOf(state, id);
  return [
    { do: 'change', target: id, version: candidate, replacing, login, notAfter: until, write: announce(state, until) },
  ];
}

/** What the record must say before an effect: that it may happen, until when, and what shows later that a refusal means something. */
export function announce(state: RotationState, until: number): RecordChange {
  const controls = Object.entries(state.targets).flatMap(([id, facts]) => {
    const vantage = facts.working === null ? undefined : facts.controls[facts.working];
    return facts.working === null || vantage === undefined ? [] : [[id, { version: facts.working, vantage }] as const];
  });
  const phase = isPromoted(state) ? {} : { phase: 'applied' as const };
  return { ...phase, effectsNotAfter: until, controls: Object.fromEntries(controls) };
}

export function verified(state: RotationState): Decision {
  const ids = scope(state);
  const pursuits = ids.map((id) => pursue(state, id)).filter((command) => command !== null);
  return runAll(pursuits) ?? afterVerify(state, ids);
}

/** What brings this target nearer to a certain outcome; null when it has one, or must wait for another target's. */
function pursue(state: RotationState, id: TargetId): Command | null {
  if (outcomeOf(state, id) !== 'pending' || isUntold(state, id)) return null;
  if (isQuiet(state, id)) return waitForQuiet(state, id);
  if (isBetterTold(state, id)) return order(state, id)[0] ?? null;
  if (mayStillCome(state, id)) return waitForQuiet(state, id);
  const unasked = nextProbe(state, id);
  if (unasked !== null) return probe(state, id, unasked);
  const verdict = verdictOf(state, id);
  if (verdict !== 'nothing' && verdict !== 'neither') return askAgain(state, [id]);
  return order(state, id)[0] ?? null;
}

/** The new secret was refused, and the target may still be about to take it: the old one need not be asked before that. */
function mayStillCome(state: RotationState, id: TargetId): boolean {
  return factsOf(state, id).answers[staged(state).candidate] === 'rejected' && state.now < settledAt(state, id);
}

/**
 * Past promote, by an earlier run's word only, in a realm that locks: telling it once more is a no-op where the target has the
 * new secret, and where it does not, asking first would cost refusals.
 */
function isBetterTold(state: RotationState, id: TargetId): boolean {
  const { settlesAt, answers } = factsOf(state, id);
  const isUnheard = settlesAt === null && Object.keys(answers).length === 0;
  const byManagement = planOf(state, id).login === 'management';
  return isPromoted(state) && isUnheard && byManagement && locks(state, id) && mayOrder(state, id);
}

function nextProbe(state: RotationState, id: TargetId): string | null {
  const { answers } = factsOf(state, id);
  const { candidate } = staged(state);
  if (!mayProbe(state, id)) return null;
  if (answers[candidate] === undefined) return candidate;
  const old = oldOf(state, id);
  return answers[candidate] === 'rejected' && old !== null && answers[old] === undefined ? old : null;
}

/** Something was sent, and nobody has looked since what became of it. */
export function isUnasked(state: RotationState, id: TargetId): boolean {
  return !factsOf(state, id).taken && (isQuiet(state, id) || nextProbe(state, id) !== null);
}

/** The old version that a target is compared by. */
function oldOf(state: RotationState, id: TargetId): string | null {
  return factsOf(state, id).working ?? state.record?.base ?? null;
}

/** Where no old version is known, a refusal of the new one says that nothing happened. */
function verdictOf(state: RotationState, id: TargetId): Verdict | null {
  const { answers } = factsOf(state, id);
  const answer = answers[staged(state).candidate];
  if (answer === undefined) return null;
  const old = oldOf(state, id);
  const oldAnswer = old === null ? 'accepted' : (answers[old] ?? 'unknown');
  return reconcile(answer, oldAnswer, planOf(state, id).capabilities.overlap);
}

/** What became of the change on this target, as far as it can be said now. */
export function outcomeOf(state: RotationState, id: TargetId): TargetOutcome | 'pending' {
  const { taken, sends } = factsOf(state, id);
  if (taken) return 'taken';
  if (sends === 0 && !madeByTarget(state)) return isUntold(state, id) ? 'pending' : 'failed';
  if (isQuiet(state, id) || nextProbe(state, id) !== null) return 'pending';
  const verdict = verdictOf(state, id);
  if (canStillTurn(state, id, verdict)) return 'pending';
  return verdict === null ? 'unknown' : lastWords[verdict];
}

function canStillTurn(state: RotationState, id: TargetId, verdict: Verdict | null): boolean {
  const settled = state.now >= settledAt(state, id);
  if (verdict === 'nothing') return !settled || mayOrder(state, id);
  if (verdict === 'neither')
    return mayProbe(state, id) && (!settled || (mayOrder(state, id) && planOf(state, id).login === 'management'));
  return state.now < state.deadline && mayProbe(state, id);
}

function afterVerify(state: RotationState, ids: readonly TargetId[]): Decision {
  if (scope(state).some((id) => isUntold(state, id))) return go(state, 'applied');
  if (isPromoted(state)) return go(state, 'confirmed');
  const outcomes = ids.map((id) => outcomeOf(state, id));
  if (outcomes.includes('taken')) return weighShare(state, ids);
  if (outcomes.includes('lost')) return finishAs('lost', 'refused', true);
  if (outcomes.includes('unknown'))
    return state.policy === 'disable'
      ? giveUp(state, 'silent')
      : finishAs('unverified', silentReason(state, ids), true);
  return giveUp(state, state.cancelled ? 'cancelled' : failureOf(state, ids));
}

/** Is it enough to hand the new secret to readers? Targets that gave no answer are stragglers and do not count. */
function weighShare(state: RotationState, ids: readonly TargetId[]): Decision {
  if (isStopping(state)) return giveUp(state, 'cancelled');
  const taken = ids.filter((id) => outcomeOf(state, id) === 'taken').length;
  const refusing = ids.filter((id) => answered(state, id)).length;
  if (taken / (taken + refusing) >= state.order.plan.promoteAt || state.decision === true)
    return go(state, 'confirmed');
  if (state.policy !== 'forward') return giveUp(state, failureOf(state, ids));
  const until = state.parkedUntil ?? state.now + state.order.plan.timing.stragglerMs;
  if (state.decision === false || state.now >= until) return finishAs('unverified', 'promoteShare', true);
  return state.parkedUntil === null ? { go: { parkedUntil: until } } : run(wait(until, 'promoteShare'));
}

function answered(state: RotationState, id: TargetId): boolean {
  const outcome = outcomeOf(state, id);
  const { failure } = factsOf(state, id);
  return outcome === 'lost' || (outcome === 'failed' && failure !== 'unreachable' && failure !== 'silent');
}

function failureOf(state: RotationState, ids: readonly TargetId[]): Reason {
  return ids.map((id) => factsOf(state, id).failure).find((reason) => reason !== null) ?? 'notTaken';
}

function silentReason(state: RotationState, ids: readonly TargetId[]): Reason {
  const barred = ids.some((id) => Object.values(factsOf(state, id).answers).includes('barred'));
  if (barred) return 'barred';
  return ids.every((id) => mayProbe(state, id)) ? 'silent' : 'budget';
}
