import type { Reason } from '../model/endStates.js';
import type { ErrorCode } from '../model/errors.js';
import type { Join } from '../model/plan.js';
import type { ProbeAnswer } from '../model/probe.js';
import type { RotationRecord, TargetId, VersionId } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { CommandOf, Failure, Observation, Results, RotationEvent } from './commands.js';
import type { Death, RotationState, TargetFacts } from './state.js';
import { factsOf, planOf, withCopy, withTarget } from './state.js';

/** How a driver's error reads in a result. */
const reasonOfCode: Readonly<Record<ErrorCode, Reason>> = {
  NotFound: 'misconfigured',
  Conflict: 'held',
  Spent: 'spent',
  Unauthorized: 'unauthorized',
  Refused: 'refused',
  LockedOut: 'barred',
  Unreachable: 'unreachable',
  Timeout: 'silent',
  Unsupported: 'unsupported',
  Misconfigured: 'misconfigured',
  Bug: 'bug',
};

/** Adds one observation to what is known. Never decides anything. */
export function fold(state: RotationState, seen: Observation): RotationState {
  switch (seen.of) {
    case 'open':
      return seen.outcome.ok ? foldOpen(state, seen.outcome.value) : vaultFailed(state, seen.outcome);
    case 'stage':
      return seen.outcome.ok ? foldStage(state, seen.outcome.value) : vaultFailed(state, seen.outcome);
    case 'note':
      return seen.outcome.ok ? { ...state, record: seen.outcome.value.record } : vaultFailed(state, seen.outcome);
    case 'promote':
      return foldPromote(state, seen.command.copy, seen.outcome);
    case 'finish':
      return seen.outcome.ok ? { ...state, finished: true } : vaultFailed(state, seen.outcome);
    case 'wait':
      return foldWait(state, seen.command);
    default:
      return foldOnTarget(state, seen);
  }
}

type TargetObservation = Exclude<Observation, { of: 'open' | 'stage' | 'note' | 'promote' | 'finish' | 'wait' }>;

function foldOnTarget(state: RotationState, seen: TargetObservation): RotationState {
  const id = seen.command.target;
  switch (seen.of) {
    case 'probe':
      return seen.outcome.ok
        ? foldProbe(state, id, seen.command.version, seen.outcome.value.answer, seen.outcome.value.vantage)
        : foldUnprobed(state, id, seen.command.version, seen.outcome);
    case 'capture':
      return seen.outcome.ok
        ? { ...state, record: seen.outcome.value.record }
        : withTarget(state, id, { captureFailed: true, failure: reasonOfCode[seen.outcome.code] });
    case 'change':
      return withTarget(state, id, sent(state, id, seen.command, seen.outcome, seen.at, 'sends'));
    case 'revert':
      return withTarget(state, id, sent(state, id, seen.command, seen.outcome, seen.at, 'reverts'));
    case 'retire':
      return foldRetire(state, seen.command, seen.outcome, seen.at);
    case 'confirm':
      return withTarget(state, id, seen.outcome.ok ? { confirmed: 'yes' } : unconfirmed(state, id));
    case 'endSessions':
      return seen.outcome.ok ? withTarget(state, id, { sessionsEnded: true }) : state;
    case 'suspend':
      return seen.outcome.ok ? withTarget(state, id, { suspended: true }) : state;
  }
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
  const ids = Object.keys(state.targets);
  const again = ids.reduce((next, id) => withTarget(next, id, { orders: 0, reverts: 0, failure: null }), joined);
  return { ...again, phase: 'applied', failing: null };
}

function vaultFailed(state: RotationState, failure: Failure): RotationState {
  const silent = failure.code === 'Unreachable' || failure.code === 'Timeout';
  return { ...state, vaultFailure: silent ? 'vaultUnavailable' : reasonOfCode[failure.code] };
}

function foldOpen(state: RotationState, value: Results['open']): RotationState {
  if (value.kind === 'held') return { ...state, held: value.record };
  if (value.kind === 'spent') return { ...state, spent: value.spent };
  let next: RotationState = { ...state, record: value.record, vaultFailure: null };
  for (const [copy, seen] of Object.entries(value.copies)) next = withCopy(next, copy, { seen });
  return resume(next, value.record);
}

/** A record found beyond `opened` tells what an earlier run may have done; its effects may still arrive. */
function resume(state: RotationState, record: RotationRecord): RotationState {
  const primary = state.order.plan.copies[0];
  const promoted = record.phase === 'promoted' || record.phase === 'retired';
  const opened = promoted && primary !== undefined ? withCopy(state, primary, { promoted }) : state;
  return Object.keys(state.targets).reduce(
    (next, id) => withTarget(next, id, resumedTarget(state, record, id)),
    opened,
  );
}

function resumedTarget(state: RotationState, record: RotationRecord, id: TargetId): Partial<TargetFacts> {
  const control = record.controls[id];
  const known =
    control === undefined ? {} : { controls: { [control.version]: control.vantage }, working: control.version };
  const suspended = record.suspended.includes(id);
  const last = record.effectsNotAfter;
  if (last === null) return { ...known, suspended };
  const quietUntil = last + planOf(state, id).capabilities.settleMs;
  return { ...known, suspended, orders: 1, sends: 1, quietUntil, changedAt: last };
}

function foldStage(
  state: RotationState,
  value: { record: RotationRecord; unavailable: readonly string[] },
): RotationState {
  return value.unavailable.reduce<RotationState>((next, copy) => withCopy(next, copy, { seen: 'unavailable' }), {
    ...state,
    record: value.record,
    vaultFailure: null,
  });
}

function foldPromote(
  state: RotationState,
  copy: string,
  outcome: Extract<Observation, { of: 'promote' }>['outcome'],
): RotationState {
  if (!outcome.ok) return withCopy(vaultFailed(state, outcome), copy, { failed: true });
  if (outcome.value === 'promoted')
    return withCopy({ ...state, vaultFailure: null }, copy, { promoted: true, failed: false });
  const { record, stranger } = outcome.value;
  return withCopy({ ...state, record, vaultFailure: null }, copy, { stranger, failed: false });
}

/** After a pause, what was not decided is asked again. */
function foldWait(state: RotationState, command: CommandOf<'wait'>): RotationState {
  const ids = Object.keys(state.targets);
  const asked = ids.reduce((next, id) => withTarget(next, id, askAgain(factsOf(next, id), command)), state);
  const copies = Object.keys(state.copies).reduce((next, copy) => withCopy(next, copy, { failed: false }), asked);
  return { ...copies, vaultFailure: null, soaked: state.soaked || command.why === 'soak' };
}

/** A target that was given up begins anew; the effects that may still reach it are remembered. */
function askAgain(facts: TargetFacts, command: CommandOf<'wait'>): Partial<TargetFacts> {
  const answers = { answers: {}, refusals: {} };
  if (command.why !== 'straggler' || facts.taken)
    return { ...answers, failure: facts.sends > 0 || facts.taken ? null : facts.failure };
  return { ...answers, failure: null, orders: 0, silences: 0 };
}

function foldProbe(
  state: RotationState,
  id: TargetId,
  version: VersionId,
  answer: ProbeAnswer,
  vantage: string,
): RotationState {
  const facts = factsOf(state, id);
  const counted = countRefusal(state, id, answer);
  const answers = { ...facts.answers, [version]: answer };
  const silences = answer === 'unknown' ? facts.silences + 1 : 0;
  if (answer === 'rejected')
    return withTarget(counted, id, { answers, silences, refusals: { ...facts.refusals, [version]: vantage } });
  if (answer !== 'accepted') return withTarget(counted, id, { answers, silences });
  const isCandidate = version === state.record?.candidate;
  return withTarget(counted, id, {
    answers,
    silences,
    controls: { ...facts.controls, [version]: facts.controls[version] ?? vantage },
    ...(isCandidate ? { taken: true, everTaken: true, dead: { ...facts.dead, ...deaths(facts, vantage) } } : {}),
    ...(isCandidate || facts.working !== null || facts.sends > 0 ? {} : { working: version }),
  });
}

/**
 * The new secret was just accepted: every refusal since the last effect now has its control after. Its control before is
 * that the same vantage accepted that version, or the one that worked there instead of it.
 */
function deaths(facts: TargetFacts, vantage: string): Record<VersionId, Death> {
  const stillOpen = Object.entries(facts.refusals).filter(([version]) => facts.dead[version] !== 'proven');
  return Object.fromEntries(
    stillOpen.map(([version, from]) => {
      const before = facts.controls[version] ?? (facts.working === null ? undefined : facts.controls[facts.working]);
      return [version, before === from && from === vantage ? 'proven' : 'vacuous'];
    }),
  );
}

function countRefusal(state: RotationState, id: TargetId, answer: ProbeAnswer): RotationState {
  const realm = planOf(state, id).realm;
  if (answer === 'accepted') return { ...state, refusals: { ...state.refusals, [realm]: 0 } };
  if (answer !== 'rejected') return state;
  return { ...state, refusals: { ...state.refusals, [realm]: (state.refusals[realm] ?? 0) + 1 } };
}

function foldUnprobed(state: RotationState, id: TargetId, version: VersionId, failure: Failure): RotationState {
  const facts = factsOf(state, id);
  const answers = { ...facts.answers, [version]: 'unknown' as const };
  return withTarget(state, id, { answers, silences: facts.silences + 1, failure: reasonOfCode[failure.code] });
}

/** Not confirmed: a timed commit may still revert by itself, so nothing counts until its timer has run out and a login said so. */
function unconfirmed(state: RotationState, id: TargetId): Partial<TargetFacts> {
  const facts = factsOf(state, id);
  const timerMs = planOf(state, id).capabilities.timedCommitMs;
  if (timerMs === null) return { confirmed: 'failed' };
  return {
    confirmed: 'failed',
    taken: false,
    answers: {},
    refusals: {},
    quietUntil: (facts.changedAt ?? state.now) + timerMs,
  };
}

/** An effect was ordered: what earlier probes said may be stale, unless the target proved that nothing happened. */
function sent(
  state: RotationState,
  id: TargetId,
  command: { readonly notAfter: Instant },
  outcome: { readonly ok: true } | ({ readonly ok: false } & Failure),
  at: Instant,
  counter: 'sends' | 'reverts',
): Partial<TargetFacts> {
  const facts = factsOf(state, id);
  const ordered = counter === 'sends' ? { orders: facts.orders + 1 } : { reverts: facts.reverts + 1 };
  if (!outcome.ok && outcome.effect === 'none') return { ...ordered, failure: reasonOfCode[outcome.code] };
  const settleMs = planOf(state, id).capabilities.settleMs;
  return {
    ...ordered,
    sends: facts.sends + (counter === 'sends' ? 1 : 0),
    answers: {},
    refusals: {},
    taken: false,
    failure: outcome.ok ? null : reasonOfCode[outcome.code],
    quietUntil: outcome.ok ? null : command.notAfter + settleMs,
    changedAt: at,
  };
}

function foldRetire(
  state: RotationState,
  command: CommandOf<'retire'>,
  outcome: Extract<Observation, { of: 'retire' }>['outcome'],
  at: Instant,
): RotationState {
  const id = command.target;
  const facts = factsOf(state, id);
  if (command.old === state.record?.candidate)
    return withTarget(state, id, sent(state, id, command, outcome, at, 'reverts'));
  if (!outcome.ok && outcome.effect === 'none') return withTarget(state, id, { failure: reasonOfCode[outcome.code] });
  return withTarget(state, id, {
    retired: outcome.ok ? [...facts.retired, command.old] : facts.retired,
    answers: {},
    refusals: {},
    quietUntil: outcome.ok ? null : command.notAfter + planOf(state, id).capabilities.settleMs,
  });
}
