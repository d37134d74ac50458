import type { Reason } from '../../model/endStates.js';
import type { TargetId, VersionId } from '../../model/record.js';
import type { Command } from '../commands.js';
import { mayLogIn, mayProbe, mayProve } from '../refusals.js';
import {
  type Death,
  factsOf,
  holdsOne,
  isQuiet,
  oldsAt,
  planOf,
  type RotationState,
  settledAt,
  staged,
  targetIds,
} from '../state.js';
import { announce } from './change.js';
import {
  askAgain,
  type Decision,
  go,
  isLost,
  loginAfter,
  notAfter,
  probe,
  run,
  runAll,
  wait,
  waitForQuiet,
} from './decision.js';

export function retired(state: RotationState): Decision {
  const ids = targetIds(state);
  const taken = ids.filter((id) => factsOf(state, id).taken);
  const steps = taken.map((id) => kill(state, id)).filter((command) => command !== null);
  return runAll(steps) ?? awaitStragglers(state, ids, taken) ?? soak(state, taken) ?? { go: { phase: 'finished' } };
}

/** The next step towards a proof that every old version is dead on this target; null when nothing more can be done now. */
function kill(state: RotationState, id: TargetId): Command | null {
  if (isQuiet(state, id)) return waitForQuiet(state, id);
  return retireNext(state, id) ?? endSessions(state, id) ?? proveNext(state, id);
}

/** Old versions that must die on this target. */
function doomed(state: RotationState, id: TargetId): readonly VersionId[] {
  const { candidate } = staged(state);
  return oldsAt(state, id).filter((old) => old !== candidate);
}

/** Retiring is ordered this often at most to one target, beyond once for each old version. */
const spareRetires = 2;

function retireNext(state: RotationState, id: TargetId): Command | null {
  const { oldDies } = planOf(state, id).capabilities;
  const { retired: gone, retires, failure } = factsOf(state, id);
  if (oldDies !== 'onRetire' && oldDies !== 'afterSecondChange') return null;
  const old = doomed(state, id).find((version) => !gone.includes(version));
  if (!mayLogIn(state, id)) return null;
  if (old === undefined || retires >= doomed(state, id).length + spareRetires) return null;
  if (failure !== null) return state.now < state.deadline ? askAgain(state, [id]) : null;
  if (isControlledElsewhere(state, id, old)) return probe(state, id, old);
  const until = notAfter(state);
  const current = staged(state).candidate;
  const write = { ...announce(state, until), phase: 'retired' } as const;
  return { do: 'retire', target: id, old, current, login: loginAfter(state, id), notAfter: until, write };
}

/** It was accepted from another place than this one, as the record tells: as long as it lives, it can show that from here as well. */
function isControlledElsewhere(state: RotationState, id: TargetId, old: VersionId): boolean {
  const { answers, controls } = factsOf(state, id);
  const [there, here] = [controls[old], controls[staged(state).candidate]];
  const isElsewhere = there !== undefined && here !== undefined && there !== here;
  return isElsewhere && answers[old] === undefined && provable(state, id) && mayProbe(state, id);
}

function endSessions(state: RotationState, id: TargetId): Command | null {
  const { sessionsEnded, failure } = factsOf(state, id);
  if (!planOf(state, id).capabilities.endsSessions || sessionsEnded || !mayLogIn(state, id)) return null;
  // What the target left on purpose stays, and what nobody there can end as well, however often it is told.
  if (failure === 'refused' || failure === 'unsupported') return null;
  if (failure !== null) return state.now < state.deadline ? askAgain(state, [id]) : null;
  return { do: 'endSessions', target: id, before: state.now, login: loginAfter(state, id), notAfter: notAfter(state) };
}

/** One refusal of the old secret, and the new one accepted right after from the same place. */
function proveNext(state: RotationState, id: TargetId): Command | null {
  const unproven = doomed(state, id).find((old) => deathOf(state, id, old) === null && provable(state, id));
  if (unproven === undefined) return null;
  const { answers, changedAt } = factsOf(state, id);
  const dies = planOf(state, id).capabilities.oldDies;
  const deadAt = (changedAt ?? state.now) + (typeof dies === 'object' ? dies.afterMs : 0);
  if (state.now < deadAt) return wait(deadAt, 'propagating', [id]);
  const next = answers[unproven] === undefined ? unproven : controlFor(state, id, unproven);
  if (next !== null && mayProbe(state, id)) return probe(state, id, next);
  return state.now < state.deadline && mayProbe(state, id) ? askAgain(state, [id]) : null;
}

/** A login that was not accepted is followed by one that should be: it proves a refusal, and gives the budget back. */
function controlFor(state: RotationState, id: TargetId, old: VersionId): VersionId | null {
  const { candidate } = staged(state);
  const { answers } = factsOf(state, id);
  const isOpen = answers[old] === 'rejected' || answers[old] === 'unknown';
  return isOpen && answers[candidate] === undefined ? candidate : null;
}

function provable(state: RotationState, id: TargetId): boolean {
  return mayProve(state, id) && !planOf(state, id).capabilities.silenceIsRefusal;
}

/** How this old version is known to be dead here; null: it is not. */
export function deathOf(state: RotationState, id: TargetId, old: VersionId): Death | null {
  const facts = factsOf(state, id);
  const seen = facts.dead[old];
  if (seen !== undefined) return seen;
  const settled = facts.taken && state.now >= settledAt(state, id);
  const wasElsewhere = facts.working !== null && facts.working !== old;
  return holdsOne(state, id) && settled && wasElsewhere ? 'replaced' : null;
}

/** Targets that did not answer get further chances, parked, as long as the plan waits for them. */
function awaitStragglers(state: RotationState, ids: readonly TargetId[], taken: readonly TargetId[]): Decision | null {
  const { stragglerMs, probeAgainMs } = state.order.plan.timing;
  const missing = ids.filter((id) => !taken.includes(id) && !isLost(state, id));
  if (missing.length === 0 || stragglerMs === 0) return null;
  const asked = { stragglersAskedAt: state.now };
  if (state.stragglersUntil === null) return { go: { ...asked, stragglersUntil: state.now + stragglerMs } };
  if (state.now >= state.stragglersUntil) return null;
  if (state.now > state.stragglersAskedAt) return go(state, 'checked', asked);
  const waited = state.now - (state.stragglersUntil - stragglerMs);
  const until = Math.min(state.stragglersUntil, state.now + Math.max(stragglerPauses * probeAgainMs, waited));
  return run(wait(until, 'straggler', missing));
}

/** A straggler is asked again after this many ordinary pauses, then each time after as long as it has been waited for: a week is a dozen looks. */
const stragglerPauses = 10;

/** One late look: if the account is locked by now, somebody still uses the old secret. */
function soak(state: RotationState, taken: readonly TargetId[]): Decision | null {
  const { soakMs } = state.order.plan.timing;
  if (soakMs === 0 || state.stillUsed) return null;
  if (!state.soaked) return run(wait(state.now + soakMs, 'soak', taken));
  const { candidate } = staged(state);
  if (taken.some((id) => factsOf(state, id).answers[candidate] === 'barred')) return { go: { stillUsed: true } };
  const unasked = taken.filter((id) => factsOf(state, id).answers[candidate] === undefined && mayProbe(state, id));
  return unasked.length === 0 ? null : run(...unasked.map((id) => probe(state, id, candidate)));
}

/** Why this target's old secret is not proven dead; null: it is. */
export function whyAlive(state: RotationState, id: TargetId): Reason | null {
  const facts = factsOf(state, id);
  if (!facts.taken) return facts.failure ?? (mayProbe(state, id) ? 'straggler' : 'budget');
  if (facts.confirmed === 'failed') return 'confirmFailed';
  if (mayHideStrangers(state, id)) return 'adopted';
  const open = doomed(state, id).find((old) => deathOf(state, id, old) === null);
  if (open !== undefined) return whyUnproven(state, id, open);
  if (planOf(state, id).capabilities.endsSessions && !facts.sessionsEnded) return 'sessions';
  return doomed(state, id).some((old) => deathOf(state, id, old) === 'vacuous') ? 'vacuous' : null;
}

/** What opened the account before a first adoption is not known; where two may live it is there still, until a person takes `adopt` back. */
function mayHideStrangers(state: RotationState, id: TargetId): boolean {
  const isFirst = state.record?.olds.length === 0;
  return isFirst || (state.order.plan.adopt === true && planOf(state, id).capabilities.overlap);
}

function whyUnproven(state: RotationState, id: TargetId, old: VersionId): Reason {
  if (!mayProve(state, id)) return 'lockout';
  if (planOf(state, id).capabilities.silenceIsRefusal) return 'vacuous';
  const { answers, failure } = factsOf(state, id);
  if (answers[old] === 'accepted') return 'propagating';
  if (answers[old] === 'barred') return 'barred';
  return failure ?? (mayProbe(state, id) ? 'silent' : 'budget');
}
