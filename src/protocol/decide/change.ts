import type { Reason } from '../../model/endStates.js';
import type { RecordChange, TargetId } from '../../model/record.js';
import type { Command } from '../commands.js';
import { lastWords, reconcile, type TargetOutcome, type Verdict } from '../reconcile.js';
import { factsOf, isPromoted, planOf, type RotationState, staged } from '../state.js';
import {
  askAgain,
  type Decision,
  finishAs,
  giveUp,
  go,
  loginAfter,
  loginBefore,
  madeByTarget,
  mayProbe,
  notAfter,
  run,
  runAll,
  wait,
  workable,
} from './decision.js';

/** The same candidate is ordered this often at most to one target. */
const maxOrders = 2;

/** The canary until it has taken the candidate, then every target. */
function scope(state: RotationState): readonly TargetId[] {
  const ids = workable(state);
  const canaryTaken = isPromoted(state) || ids.some((id) => factsOf(state, id).everTaken);
  return canaryTaken ? ids : ids.slice(0, 1);
}

export function applied(state: RotationState): Decision {
  const untold = scope(state).filter((id) => isUntold(state, id));
  if (state.cancelled && !isPromoted(state) && state.policy !== 'forward') return giveUp(state, 'cancelled');
  if (state.cancelled && !isPromoted(state) && untold.length === scope(state).length) return giveUp(state, 'cancelled');
  const orders = madeByTarget(state) ? [] : untold.flatMap((id) => order(state, id));
  return orders.length > 0 ? run(...orders) : go(state, 'verified');
}

function isUntold(state: RotationState, id: TargetId): boolean {
  const { orders, taken } = factsOf(state, id);
  return orders === 0 && !taken;
}

function order(state: RotationState, id: TargetId): readonly Command[] {
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

/** What brings this target nearer to a certain outcome; null when it has one. */
function pursue(state: RotationState, id: TargetId): Command | null {
  const facts = factsOf(state, id);
  if (outcomeOf(state, id) !== 'pending') return null;
  if (facts.quietUntil !== null && state.now < facts.quietUntil) return wait(facts.quietUntil, 'quiet');
  const unasked = nextProbe(state, id);
  if (unasked !== null) return { do: 'probe', target: id, version: unasked };
  const verdict = verdictOf(state, id);
  const again = verdict === 'nothing' || verdict === 'neither' ? order(state, id)[0] : undefined;
  return again ?? askAgain(state);
}

function nextProbe(state: RotationState, id: TargetId): string | null {
  const { answers } = factsOf(state, id);
  const { candidate } = staged(state);
  if (!mayProbe(state, id)) return null;
  if (answers[candidate] === undefined) return candidate;
  const old = oldOf(state, id);
  return answers[candidate] === 'rejected' && old !== null && answers[old] === undefined ? old : null;
}

/** The old version that a target is compared by. */
function oldOf(state: RotationState, id: TargetId): string | null {
  return factsOf(state, id).working ?? state.record?.base ?? null;
}

function verdictOf(state: RotationState, id: TargetId): Verdict | null {
  const { answers } = factsOf(state, id);
  const answer = answers[staged(state).candidate];
  if (answer === undefined) return null;
  const old = oldOf(state, id);
  const oldAnswer = old === null ? 'rejected' : (answers[old] ?? 'unknown');
  return reconcile(answer, oldAnswer, planOf(state, id).capabilities.overlap);
}

/** What became of the change on this target, as far as it can be said now. */
export function outcomeOf(state: RotationState, id: TargetId): TargetOutcome | 'pending' {
  const facts = factsOf(state, id);
  if (facts.taken) return 'taken';
  if (facts.orders > 0 && facts.sends === 0) return 'failed';
  if (facts.quietUntil !== null && state.now < facts.quietUntil) return 'pending';
  const verdict = verdictOf(state, id);
  const mayOrder = facts.orders < maxOrders && !madeByTarget(state) && loginBefore(state, id) !== null;
  if (verdict === 'nothing') return mayOrder ? 'pending' : 'failed';
  if (verdict === 'neither') return mayOrder && planOf(state, id).login === 'management' ? 'pending' : 'lost';
  const exhausted = state.now >= state.deadline || (nextProbe(state, id) === null && !mayProbe(state, id));
  if (!exhausted) return 'pending';
  return verdict === null ? 'unknown' : lastWords[verdict];
}

function afterVerify(state: RotationState, ids: readonly TargetId[]): Decision {
  const outcomes = ids.map((id) => outcomeOf(state, id));
  if (outcomes.includes('taken') && scope(state).some((id) => isUntold(state, id)) && !madeByTarget(state))
    return go(state, 'applied');
  if (isPromoted(state)) return go(state, 'confirmed');
  if (outcomes.includes('taken')) return weighShare(state, ids);
  if (outcomes.includes('lost')) return finishAs('lost', 'refused', true);
  if (outcomes.includes('unknown'))
    return state.policy === 'disable'
      ? giveUp(state, 'silent')
      : finishAs('unverified', silentReason(state, ids), true);
  return giveUp(state, failureOf(state, ids));
}

/** Is it enough to hand the new secret to readers? Targets that gave no answer are stragglers and do not count. */
function weighShare(state: RotationState, ids: readonly TargetId[]): Decision {
  if (state.cancelled && state.policy !== 'forward') return giveUp(state, 'cancelled');
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
  return barred ? 'barred' : 'silent';
}

export function confirmed(state: RotationState): Decision {
  const taken = workable(state).filter((id) => factsOf(state, id).taken);
  const timedOut = workable(state).filter(
    (id) => !factsOf(state, id).taken && factsOf(state, id).confirmed === 'failed',
  );
  if (timedOut.some((id) => outcomeOf(state, id) === 'pending')) return go(state, 'verified');
  const open = taken.filter((id) => planOf(state, id).capabilities.confirms && factsOf(state, id).confirmed === 'no');
  if (open.length > 0) return run(...open.map((id) => confirmOf(state, id)));
  const unsaved = workable(state).some((id) => factsOf(state, id).confirmed === 'failed');
  if (unsaved && state.policy !== 'forward' && !isPromoted(state)) return giveUp(state, 'confirmFailed');
  return taken.length === 0 ? giveUp(state, 'confirmFailed') : go(state, 'promoted');
}

function confirmOf(state: RotationState, id: TargetId): Command {
  return { do: 'confirm', target: id, login: loginAfter(state, id), notAfter: notAfter(state) };
}
