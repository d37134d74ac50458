import type { Reason } from '../../model/endStates.js';
import type { TargetId } from '../../model/record.js';
import type { Command } from '../commands.js';
import { mayGuess } from '../refusals.js';
import { factsOf, holdsOne, isPromoted, isQuiet, oldsAt, planOf, type RotationState, targetIds } from '../state.js';
import { captureOf, lacksUndo } from './capture.js';
import {
  askAgain,
  type Decision,
  finishAs,
  giveUp,
  go,
  isDrifted,
  loginBefore,
  mayHaveMade,
  notAfter,
  probe,
  run,
  runAll,
  wait,
  waitForQuiet,
  workable,
} from './decision.js';

export function opened(state: RotationState): Decision {
  const { held, spent, record } = state;
  if (held !== null) return { held };
  if (spent !== null) return finishAs(spent.end, 'spent', false);
  if (record === null) return state.vaultFailure === null ? run({ do: 'open' }) : notOpened(state, state.vaultFailure);
  if (record.suspended.length > 0) return wasSuspended(state);
  if (mayBeOut(state)) return go(state, 'verified');
  if (isUnasked(state)) return giveUp(state, 'noOldValue');
  return lacksCopies(state) ? giveUp(state, 'copyUnavailable') : go(state, 'checked');
}

/** Of a record that somebody left, nothing at all can be said as long as it cannot be read. */
function notOpened(state: RotationState, why: Reason): Decision {
  return finishAs(state.resumes ? 'unverified' : 'untouched', why, true);
}

/** Suspending was ordered; whether it happened is not known, and doing it again changes nothing. */
function wasSuspended(state: RotationState): Decision {
  return state.policy === 'disable' ? go(state, 'suspended') : finishAs('disabled', 'suspended', true);
}

/** An earlier run may have sent the candidate to some target. */
function mayBeOut(state: RotationState): boolean {
  const { record } = state;
  if (record === null || record.candidate === null) return false;
  return record.effectsNotAfter !== null || isPromoted(state);
}

/** Readers of some copy get nothing: a first adoption, or a path that was mistyped, so a person must have asked for it. */
function isUnasked(state: RotationState): boolean {
  const { plan } = state.order;
  if (plan.adopt === true || state.record === null) return false;
  const copies = Object.values(state.copies).map(({ seen }) => seen);
  if (state.record.base !== null) return copies.includes('absent') && state.policy !== 'forward';
  // Values that an earlier rotation left are still proven dead; only what other copies hold is no sign that this path is right.
  return state.record.olds.length === 0 || copies.includes('differs');
}

/** A copy other than the primary is down, and the plan does not allow to go on without it. */
function lacksCopies(state: RotationState): boolean {
  const missing = Object.values(state.copies).some((copy) => copy.seen === 'unavailable');
  return missing && !(state.policy === 'forward' && state.order.plan.staleConsent);
}

export function checked(state: RotationState): Decision {
  if (state.cancelled && !isPromoted(state)) return giveUp(state, 'cancelled');
  const all = targetIds(state);
  const probes = firstThenRest(all, (id) => checkTarget(state, id));
  return runAll(probes) ?? afterCheck(state, all);
}

/** One target alone until it has answered, then all others together: wrong secrets are found at the cost of one refusal. */
function firstThenRest(ids: readonly TargetId[], commandOf: (id: TargetId) => Command | null): readonly Command[] {
  const [first, ...rest] = ids;
  const alone = first === undefined ? null : commandOf(first);
  if (alone !== null) return [alone];
  return rest.map(commandOf).filter((command) => command !== null);
}

/** The next probe that tells what works on this target; null when that is known, or cannot be. */
function checkTarget(state: RotationState, id: TargetId): Command | null {
  const { answers, working, taken, silences, failure } = factsOf(state, id);
  if (working !== null || taken || failure === 'misconfigured') return null;
  const olds = oldsAt(state, id);
  if (olds.some((old) => answers[old] === 'barred')) return null;
  const isSilent = olds.some((old) => answers[old] === 'unknown') && !planOf(state, id).capabilities.silenceIsRefusal;
  if (isSilent) return silences < patience ? askAgain(state, [id]) : null;
  const next = likelyFirst(state, olds).find((old) => answers[old] === undefined);
  return next === undefined || !mayGuess(state, id) ? null : { ...probe(state, id, next), ...foresight(state, id) };
}

/**
 * Where one target refuses what another has taken, readers are locked out of one of them, and where an account changes itself only
 * its login can put that right: so each is asked before any is told.
 */
function foresight(state: RotationState, id: TargetId): { readonly foresee?: true } {
  const isSelf = planOf(state, id).login === 'self';
  return isSelf && holdsOne(state, id) && !isPromoted(state) ? { foresee: true } : {};
}

/** Silent answers in a row after which a target counts as unreachable. */
const patience = 2;

/** What worked elsewhere probably works here, then what readers get: probing it first saves refusals. */
function likelyFirst(state: RotationState, olds: readonly string[]): readonly string[] {
  const worked = new Set(Object.values(state.targets).map((facts) => facts.working));
  const rank = (old: string) => (worked.has(old) ? 0 : old === state.record?.base ? 1 : 2);
  return [...olds].sort((one, other) => rank(one) - rank(other));
}

function afterCheck(state: RotationState, all: readonly TargetId[]): Decision {
  if (isPromoted(state)) return go(state, 'applied');
  if (all.some((id) => factsOf(state, id).hindered === true)) return giveUp(state, 'refused');
  if (state.policy !== 'forward' && all.some((id) => isDrifted(state, id))) return giveUp(state, 'drift');
  const first = workable(state)[0];
  return first === undefined ? giveUp(state, whyNotWorkable(state, all)) : go(state, 'staged');
}

function whyNotWorkable(state: RotationState, all: readonly TargetId[]): Reason {
  const facts = all.map((id) => factsOf(state, id));
  const answers = facts.flatMap((each) => Object.values(each.answers));
  const failure = facts.map((each) => each.failure).find((reason) => reason !== null);
  if (failure !== undefined) return failure;
  if (answers.includes('barred')) return 'barred';
  if (answers.includes('unknown')) return 'unreachable';
  if (all.some((id) => isDrifted(state, id))) return 'drift';
  return all.every((id) => mayGuess(state, id)) ? 'misconfigured' : 'budget';
}

export function stagedPhase(state: RotationState): Decision {
  if (state.cancelled && !isPromoted(state)) return giveUp(state, 'cancelled');
  if (state.record?.candidate == null) return makeCandidate(state);
  if (lacksCopies(state) && !isPromoted(state)) return giveUp(state, 'copyUnavailable');
  const failed = workable(state).find((id) => lacksUndo(state, id));
  if (failed !== undefined) return giveUp(state, factsOf(state, failed).failure ?? 'unsupported');
  const captures = workable(state).map((id) => captureOf(state, id));
  return runAll(captures.filter((command) => command !== null)) ?? go(state, 'applied');
}

/** Making an issued candidate is tried this often at most; each time, slots of lost replies are removed first. */
const maxStages = 3;

function makeCandidate(state: RotationState): Decision {
  if (state.order.plan.maker === 'supplied') return run(wait(parkedUntil(state), 'vendor'));
  const noisy = targetIds(state).find((id) => isQuiet(state, id));
  if (noisy !== undefined) return run({ ...waitForQuiet(state, noisy), asks: [] });
  if (state.vaultFailure !== null)
    return mayMakeAgain(state, state.vaultFailure) ? run(askAgain(state)) : giveUp(state, state.vaultFailure);
  const strays = targetIds(state).flatMap((id) => retireStray(state, id));
  if (strays.length > 0) return run(...strays);
  const skip = Object.entries(state.copies).filter(([, copy]) => copy.seen === 'unavailable');
  return run({ do: 'stage', skip: skip.map(([ref]) => ref), notAfter: notAfter(state) });
}

/** Elsewhere the call repeats itself until it converges; one that makes a secret at the target must be looked at in between. */
function mayMakeAgain(state: RotationState, failure: Reason): boolean {
  const stages = Math.max(...Object.values(state.targets).map((facts) => facts.stages));
  const isSilent = failure === 'unreachable' || failure === 'silent';
  const mayHelp = mayHaveMade(state) || (isSilent && state.order.plan.maker === 'issued');
  return mayHelp && stages < maxStages && state.now < state.deadline;
}

/** A target that makes its secrets has few places for them: what an earlier rotation left there goes first. */
function retireStray(state: RotationState, id: TargetId): readonly Command[] {
  const { working, retired, retires } = factsOf(state, id);
  const current = working ?? state.record?.base ?? null;
  const login = loginBefore(state, id);
  if (state.order.plan.maker !== 'issued' || current === null || login === null || retires >= maxStages) return [];
  const old = oldsAt(state, id).find((each) => each !== current && !isBase(state, each) && !retired.includes(each));
  const until = notAfter(state);
  const write = { effectsNotAfter: until };
  return old === undefined ? [] : [{ do: 'retire', target: id, old, current, login, notAfter: until, write }];
}

function isBase(state: RotationState, version: string): boolean {
  return version === state.record?.base;
}

function parkedUntil(state: RotationState): number {
  return state.now + Math.max(state.order.plan.timing.stragglerMs, state.order.plan.timing.probeAgainMs);
}
