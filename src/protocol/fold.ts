import type { Join } from '../model/plan.js';
import type { RotationRecord, TargetId } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { CommandOf, Failure, Observation, Outcome, Results, RotationEvent } from './commands.js';
import { foldOnTarget, reasonOfCode } from './foldTarget.js';
import {
  factsOf,
  isPromoted,
  planOf,
  type RotationState,
  settledAt,
  type TargetFacts,
  targetIds,
  withCopy,
  withTarget,
} from './state.js';

/** Adds one observation to what is known. Never decides anything. */
export function fold(state: RotationState, seen: Observation): RotationState {
  switch (seen.of) {
    case 'open':
      return seen.outcome.ok ? foldOpen(state, seen.outcome.value) : vaultFailed(state, seen.outcome);
    case 'stage':
      return seen.outcome.ok ? foldStage(state, seen.outcome.value) : foldUnstaged(state, seen.command, seen.outcome);
    case 'note':
      return seen.outcome.ok ? withRecord(state, seen.outcome.value.record) : vaultFailed(state, seen.outcome);
    case 'promote':
      return foldPromote(state, seen.command.copy, seen.outcome);
    case 'finish':
      return seen.outcome.ok ? foldFinish(state, seen.outcome.value) : vaultFailed(state, seen.outcome);
    case 'wait':
      return foldWait(state, seen.command);
    default:
      return foldOnTarget(state, seen);
  }
}

/**
 * What a target answered before everything that was sent there had settled says nothing of afterwards: a refusal heard
 * before a slow change, beside one heard after it, would read as if neither secret worked. `askedFrom`: when the latest
 * answers were asked for, at the earliest.
 */
export function forgetUnsettled(state: RotationState, askedFrom: Instant): RotationState {
  const hasSettled = (id: TargetId) => {
    const at = settledAt(state, id);
    return askedFrom < at && at <= state.now && !factsOf(state, id).taken;
  };
  return targetIds(state)
    .filter(hasSettled)
    .reduce((next, id) => withTarget(next, id, { answers: {}, refusals: {} }), state);
}

function foldFinish(state: RotationState, { end, overwritten }: Results['finish']): RotationState {
  return { ...state, closedAs: end, ...(overwritten === true && { overwritten }) };
}

/** Events may come at any time; each only sets a fact. */
export function foldEvent(state: RotationState, event: RotationEvent): RotationState {
  switch (event.event) {
    case 'cancel':
      return { ...state, cancelled: true };
    case 'join':
      return foldJoin(state, event.join);
    case 'decide':
      return { ...state, decision: event.promote };
    case 'consumersMoved':
      return { ...state, consumersMoved: true };
    case 'supplied':
      return { ...state, record: null };
  }
}

/** An incident takes over: forward from here, and an undo under way ends where it is. */
function foldJoin(state: RotationState, join: Join): RotationState {
  const joined: RotationState = { ...state, joined: join, policy: join.policy, cancelled: false };
  if (state.phase !== 'undo') return joined;
  const again = targetIds(state).reduce(
    (next, id) => withTarget(next, id, { orders: 0, reverts: 0, failure: null }),
    joined,
  );
  return { ...again, phase: 'verified', failing: null };
}

function vaultFailed(state: RotationState, failure: Failure): RotationState {
  const silent = failure.code === 'Unreachable' || failure.code === 'Timeout';
  return { ...state, vaultFailure: silent ? 'vaultUnavailable' : reasonOfCode[failure.code] };
}

function foldOpen(state: RotationState, value: Results['open']): RotationState {
  if (value.kind === 'held') return { ...state, held: value.record };
  if (value.kind === 'spent') return { ...state, spent: value.spent };
  const { record } = value;
  let next: RotationState = { ...state, record, refusals: record.refusals, vaultFailure: null };
  for (const [copy, seen] of Object.entries(value.copies)) next = withCopy(next, copy, { seen });
  return resume(next, record);
}

/**
 * The record as it is now. One that is past promote, when we are not, was carried on by somebody else: nothing may be undone.
 * One by which accounts were touched, when we touched none, is taken up as if it had just been found.
 */
function withRecord(state: RotationState, record: RotationRecord): RotationState {
  const known = { ...state, record };
  if (isPast(record) && !isPromoted(state)) return { ...resume(known, record), phase: 'verified' };
  const isOthers = record.phase === 'applied' || record.suspended.length > 0;
  return isOthers && hasOrderedNothing(state) ? { ...resume(known, record), phase: 'opened' } : known;
}

function hasOrderedNothing(state: RotationState): boolean {
  return Object.values(state.targets).every(
    ({ orders, suspended, suspendFailed }) => orders === 0 && !suspended && !suspendFailed,
  );
}

function isPast({ phase }: RotationRecord): boolean {
  return phase === 'promoted' || phase === 'retired';
}

/** A record found beyond `opened` tells what an earlier run may have done; its effects may still arrive. */
function resume(state: RotationState, record: RotationRecord): RotationState {
  const primary = state.order.plan.copies[0];
  const promoted = isPast(record);
  const opened = promoted && primary !== undefined ? withCopy(state, primary, { promoted }) : state;
  return targetIds(state).reduce((next, id) => withTarget(next, id, resumedTarget(state, record, id)), opened);
}

function resumedTarget(state: RotationState, record: RotationRecord, id: TargetId): Partial<TargetFacts> {
  const control = record.controls[id];
  const known =
    control === undefined ? {} : { controls: { [control.version]: control.vantage }, working: control.version };
  const last = record.effectsNotAfter;
  if (last === null) return known;
  const quietUntil = last + planOf(state, id).capabilities.settleMs;
  const told = record.candidate === null ? {} : { orders: 1, sends: 1 };
  return { ...known, ...told, quietUntil, changedAt: last };
}

function foldStage(
  state: RotationState,
  value: { record: RotationRecord; unavailable: readonly string[] },
): RotationState {
  return value.unavailable.reduce<RotationState>((next, copy) => withCopy(next, copy, { seen: 'unavailable' }), {
    ...withRecord(state, value.record),
    vaultFailure: null,
  });
}

/** Where the target makes the value, it may have made one that nobody heard of: a slot that is found when it is quiet. */
function foldUnstaged(state: RotationState, command: CommandOf<'stage'>, failure: Failure): RotationState {
  if (state.order.plan.maker !== 'issued') return vaultFailed(state, failure);
  const failed = { ...state, vaultFailure: reasonOfCode[failure.code] };
  if (failure.effect === 'none') return failed;
  return targetIds(state).reduce<RotationState>((next, id) => {
    const quietUntil = command.notAfter + planOf(state, id).capabilities.settleMs;
    return withTarget(next, id, { stages: factsOf(state, id).stages + 1, quietUntil });
  }, failed);
}

function foldPromote(state: RotationState, copy: string, outcome: Outcome<Results['promote']>): RotationState {
  if (!outcome.ok) {
    const promoting = state.copies[copy]?.promoting === true || outcome.effect === 'unknown';
    return withCopy(vaultFailed(state, outcome), copy, { failed: true, promoting });
  }
  const { record, stranger } = outcome.value;
  const heard = { ...state, record, vaultFailure: null };
  return withCopy(heard, copy, { stranger, promoted: stranger === null, promoting: false, failed: false });
}

/** After a pause, what was not decided is asked again, and there is time to hear the answer. */
function foldWait(state: RotationState, command: CommandOf<'wait'>): RotationState {
  const asked = command.asks.reduce((next, id) => withTarget(next, id, askAgain(factsOf(next, id), command)), state);
  const copies = Object.keys(state.copies).reduce((next, copy) => withCopy(next, copy, { failed: false }), asked);
  const longer = command.why !== 'again' && command.asks.length > 0;
  const deadline = longer ? state.now + state.order.plan.timing.settleDeadlineMs : state.deadline;
  return {
    ...copies,
    vaultFailure: null,
    soaked: state.soaked || command.why === 'soak',
    deadline: Math.max(deadline, state.deadline),
  };
}

/** A target that was given up begins anew; the effects that may still reach it are remembered. */
function askAgain(facts: TargetFacts, command: CommandOf<'wait'>): Partial<TargetFacts> {
  const answers = { answers: {}, refusals: {}, suspendFailed: false };
  if (command.why === 'straggler') return { ...answers, failure: null, orders: 0, silences: 0, asks: 0 };
  const asks = command.why === 'again' ? facts.asks + 1 : facts.asks;
  return { ...answers, asks, failure: facts.sends > 0 || facts.taken ? null : facts.failure };
}
