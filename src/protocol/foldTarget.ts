import type { Reason } from '../model/endStates.js';
import type { ErrorCode } from '../model/errors.js';
import type { RecordChange, TargetId, VersionId } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { CommandOf, Failure, Observation, Outcome, Results } from './commands.js';
import { countLogin } from './refusals.js';
import type { Death, RotationState, TargetFacts } from './state.js';
import { factsOf, holdsOne, planOf, withTarget } from './state.js';

/** How a driver's error reads in a result. */
export const reasonOfCode: Readonly<Record<ErrorCode, Reason>> = {
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

type TargetObservation = Exclude<Observation, { of: 'open' | 'stage' | 'note' | 'promote' | 'finish' | 'wait' }>;

/** What one target, or the vault on behalf of it, said. */
export function foldOnTarget(before: RotationState, seen: TargetObservation): RotationState {
  const id = seen.command.target;
  const state =
    seen.of === 'probe'
      ? before
      : withRefusedLogin(withWritten(before, 'write' in seen.command ? seen.command.write : null), seen);
  switch (seen.of) {
    case 'probe':
      return foldProbe(state, seen.command, seen.outcome);
    case 'capture':
      return seen.outcome.ok
        ? { ...state, record: seen.outcome.value.record }
        : withTarget(state, id, { captureFailed: true, failure: reasonOfCode[seen.outcome.code] });
    case 'change':
      return withTarget(state, id, { ...sent(state, seen), ...countedOrder(state, id, seen.outcome) });
    case 'revert':
      return withTarget(state, id, { ...sent(state, seen), reverts: factsOf(state, id).reverts + 1 });
    case 'retire':
      return foldRetire(state, seen);
    case 'confirm':
      return withTarget(state, id, seen.outcome.ok ? saved : unconfirmed(state, seen.command));
    case 'endSessions':
      return withTarget(state, id, seen.outcome.ok ? { sessionsEnded: true } : failed(seen.outcome));
    case 'suspend':
      return withTarget(state, id, seen.outcome.ok ? { suspended: true } : { suspendFailed: true });
  }
}

function sameRealm(state: RotationState, id: TargetId): readonly TargetId[] {
  const { realm } = planOf(state, id);
  return state.order.plan.targets.filter((each) => each.realm === realm).map((each) => each.id);
}

/** The account's own login for a step was refused: a refusal like any other, and what was thought to work in that realm does not. */
function withRefusedLogin(state: RotationState, seen: Exclude<TargetObservation, { of: 'probe' }>): RotationState {
  const { target: id, login } = seen.command;
  if (seen.outcome.ok || seen.outcome.code !== 'Unauthorized' || login.as === 'management') return state;
  const counted = { ...state, refusals: countLogin(state, id, 'rejected') };
  const doubtful = isCandidate(state, login.version) ? { taken: false } : { working: null };
  return sameRealm(state, id)
    .filter((each) => isCandidate(state, login.version) || factsOf(state, each).working === login.version)
    .reduce((next, each) => withTarget(next, each, doubtful), counted);
}

function failed(failure: Failure): Partial<TargetFacts> {
  return { failure: reasonOfCode[failure.code] };
}

function foldProbe(
  before: RotationState,
  command: CommandOf<'probe'>,
  outcome: Outcome<Results['probe']>,
): RotationState {
  const { target: id, version } = command;
  if (!outcome.ok) return foldUnprobed(before, id, version, outcome);
  const { answer, vantage } = outcome.value;
  const announced = withWritten(before, command.write);
  const state = answer === 'accepted' ? withWritten(announced, command.regained) : announced;
  const counted = { ...state, refusals: countLogin(state, id, outcome.value.counted ?? answer) };
  if (answer === 'accepted') {
    const hindrance = outcome.value.hindered === true ? ({ hindered: true, failure: 'refused' } as const) : {};
    return withTarget(counted, id, { ...accepted(state, id, version, vantage), ...hindrance });
  }
  const facts = factsOf(state, id);
  const answers = withAnswer(state, id, version, answer);
  const silences = answer === 'unknown' ? facts.silences + 1 : 0;
  if (answer !== 'rejected') return withTarget(counted, id, { answers, silences });
  const refusals = { ...facts.refusals, [version]: vantage };
  return withTarget(counted, id, { answers, silences, refusals, taken: facts.taken && !isCandidate(state, version) });
}

/** What the record says of refusals and of suspended accounts from then on; where that write failed it says less, which does no harm. */
function withWritten(state: RotationState, written: RecordChange | null | undefined): RotationState {
  const { record } = state;
  if (record === null || written == null) return state;
  const refusals = { ...record.refusals, ...written.refusals };
  return { ...state, record: { ...record, refusals, suspended: written.suspended ?? record.suspended } };
}

function accepted(state: RotationState, id: TargetId, version: VersionId, vantage: string): Partial<TargetFacts> {
  const facts = factsOf(state, id);
  const common = {
    answers: withAnswer(state, id, version, 'accepted'),
    silences: 0,
    controls: { ...facts.controls, [version]: vantage },
  };
  if (isCandidate(state, version)) return { ...common, ...taken(state, id, vantage) };
  return facts.working === null ? { ...common, working: version } : common;
}

/** A timed commit whose confirmation was not heard, but which outlived its timer, was confirmed. */
function taken(state: RotationState, id: TargetId, vantage: string): Partial<TargetFacts> {
  const facts = factsOf(state, id);
  const outlived = planOf(state, id).capabilities.timedCommitMs !== null && !facts.taken;
  return {
    taken: true,
    everTaken: true,
    dead: { ...facts.dead, ...deaths(facts, vantage, holdsOne(state, id)) },
    confirmed: facts.confirmed === 'failed' && outlived ? 'yes' : facts.confirmed,
  };
}

/** An old version's answer is proof only beside an acceptance that comes after it. */
function withAnswer(
  state: RotationState,
  id: TargetId,
  version: VersionId,
  answer: TargetFacts['answers'][VersionId],
): TargetFacts['answers'] {
  const { answers, taken: isTaken } = factsOf(state, id);
  const before = Object.entries(answers).filter(([name]) => !(isTaken && isCandidate(state, name)));
  return { ...Object.fromEntries(before), [version]: answer };
}

function isCandidate(state: RotationState, version: VersionId): boolean {
  return version === state.record?.candidate;
}

/**
 * The new secret was just accepted: every refusal since the last effect now has its control after, when it came from the same
 * vantage. Its control before is that the same vantage accepted that version, or the one that worked there instead of it. Where
 * the slot holds one secret, any vantage's will do: who may log in from where is then a matter of the account, and the control
 * after settles that; what may log in was the one value.
 */
function deaths(facts: TargetFacts, vantage: string, isOneSlot: boolean): Record<VersionId, Death> {
  const stillOpen = Object.entries(facts.refusals).filter(([version]) => facts.dead[version] !== 'proven');
  return Object.fromEntries(
    stillOpen.map(([version, from]) => {
      const before = facts.controls[version] ?? (facts.working === null ? undefined : facts.controls[facts.working]);
      const isControlled = isOneSlot ? before !== undefined : before === from;
      return [version, isControlled && from === vantage ? 'proven' : 'vacuous'];
    }),
  );
}

/** A probe that threw; with effect `none` no login was made, so none can have been refused. */
function foldUnprobed(state: RotationState, id: TargetId, version: VersionId, failure: Failure): RotationState {
  const facts = factsOf(state, id);
  const refusals = failure.effect === 'none' ? state.refusals : countLogin(state, id, 'unknown');
  return withTarget({ ...state, refusals }, id, {
    answers: { ...facts.answers, [version]: 'unknown' },
    silences: facts.silences + 1,
    failure: reasonOfCode[failure.code],
  });
}

/** A device that restarted before it saved has the old secret again: what was saved, a fresh login must show. */
const unseen: Partial<TargetFacts> = { taken: false, answers: {}, refusals: {} };
const saved: Partial<TargetFacts> = { ...unseen, confirmed: 'yes' };

/** Not confirmed: a timed commit may still revert by itself, so nothing counts until its timer has run out and a login said so. */
function unconfirmed(state: RotationState, command: CommandOf<'confirm'>): Partial<TargetFacts> {
  const facts = factsOf(state, command.target);
  const { timedCommitMs, settleMs } = planOf(state, command.target).capabilities;
  if (timedCommitMs === null) return { ...unseen, confirmed: 'failed' };
  const timerEnds = (facts.changedAt ?? state.now) + timedCommitMs;
  return {
    ...unseen,
    confirmed: 'failed',
    quietUntil: Math.max(timerEnds, command.notAfter + settleMs),
  };
}

interface Sent {
  readonly command: { readonly target: TargetId; readonly notAfter: Instant };
  readonly outcome: Outcome<null>;
  readonly at: Instant;
}

/** An effect was ordered: what earlier probes said may be stale, unless the target proved that nothing happened. */
function sent(state: RotationState, { command, outcome, at }: Sent): Partial<TargetFacts> {
  if (!outcome.ok && outcome.effect === 'none') return failed(outcome);
  const { settleMs } = planOf(state, command.target).capabilities;
  return {
    answers: {},
    refusals: {},
    dead: {},
    taken: false,
    asks: 0,
    failure: outcome.ok ? null : reasonOfCode[outcome.code],
    quietUntil: outcome.ok ? null : command.notAfter + settleMs,
    settlesAt: at + settleMs,
    changedAt: at,
  };
}

function countedOrder(state: RotationState, id: TargetId, outcome: Outcome<null>): Partial<TargetFacts> {
  const { orders, sends } = factsOf(state, id);
  const mayHaveArrived = outcome.ok || outcome.effect === 'unknown';
  return mayHaveArrived ? { orders: orders + 1, sends: sends + 1, confirmed: 'no' } : { orders: orders + 1 };
}

/** Retiring an old version leaves the candidate where it was; retiring the candidate is an undo. */
function foldRetire(
  state: RotationState,
  seen: { readonly command: CommandOf<'retire'>; readonly outcome: Outcome<null>; readonly at: Instant },
): RotationState {
  const { command, outcome } = seen;
  const { target: id, old } = command;
  const facts = factsOf(state, id);
  if (isCandidate(state, old)) return withTarget(state, id, { ...sent(state, seen), reverts: facts.reverts + 1 });
  const effect = !outcome.ok && outcome.effect === 'none' ? failed(outcome) : { ...sent(state, seen), ...kept(facts) };
  const retired = outcome.ok ? [...facts.retired, old] : facts.retired;
  return withTarget(state, id, { ...effect, retired, retires: facts.retires + 1 });
}

function kept({ taken: isTaken, changedAt, dead }: TargetFacts): Partial<TargetFacts> {
  return { taken: isTaken, changedAt, dead };
}
