import type { Reason } from '../../model/endStates.js';
import type { TargetId, VersionId } from '../../model/record.js';
import type { Command } from '../commands.js';
import { type Death, factsOf, planOf, type RotationState, staged } from '../state.js';
import { announce } from './change.js';
import {
  askAgain,
  type Decision,
  go,
  loginAfter,
  mayProbe,
  mayProve,
  notAfter,
  run,
  runAll,
  wait,
} from './decision.js';

export function retired(state: RotationState): Decision {
  const ids = state.order.plan.targets.map((target) => target.id);
  const taken = ids.filter((id) => factsOf(state, id).taken);
  const steps = taken.map((id) => kill(state, id)).filter((command) => command !== null);
  return runAll(steps) ?? awaitStragglers(state, ids, taken) ?? soak(state, taken) ?? { go: { phase: 'finished' } };
}

/** The next step towards a proof that every old version is dead on this target; null when nothing more can be done now. */
function kill(state: RotationState, id: TargetId): Command | null {
  const facts = factsOf(state, id);
  if (facts.quietUntil !== null && state.now < facts.quietUntil) return wait(facts.quietUntil, 'quiet');
  return retireNext(state, id) ?? endSessions(state, id) ?? proveNext(state, id);
}

/** Old versions that must die on this target. */
function doomed(state: RotationState): readonly VersionId[] {
  const { record, candidate } = staged(state);
  return record.olds.filter((old) => old !== candidate);
}

function retireNext(state: RotationState, id: TargetId): Command | null {
  const { capabilities } = planOf(state, id);
  const facts = factsOf(state, id);
  if (capabilities.oldDies !== 'onRetire' && capabilities.oldDies !== 'afterSecondChange') return null;
  const old = doomed(state).find((version) => !facts.retired.includes(version));
  if (old === undefined) return null;
  if (facts.failure !== null) return state.now < state.deadline ? askAgain(state) : null;
  const until = notAfter(state);
  const current = staged(state).candidate;
  return {
    do: 'retire',
    target: id,
    old,
    current,
    login: loginAfter(state, id),
    notAfter: until,
    write: announce(state, until),
  };
}

function endSessions(state: RotationState, id: TargetId): Command | null {
  const facts = factsOf(state, id);
  if (!planOf(state, id).capabilities.endsSessions || facts.sessionsEnded || facts.failure !== null) return null;
  return { do: 'endSessions', target: id, before: state.now, login: loginAfter(state, id), notAfter: notAfter(state) };
}

/** One refusal of the old secret, and the new one accepted right after from the same place. */
function proveNext(state: RotationState, id: TargetId): Command | null {
  const facts = factsOf(state, id);
  const unproven = doomed(state).find((old) => deathOf(state, id, old) === null && provable(state, id));
  if (unproven === undefined) return null;
  const dies = planOf(state, id).capabilities.oldDies;
  const since = facts.changedAt ?? state.now;
  if (typeof dies === 'object' && state.now < since + dies.afterMs) return wait(since + dies.afterMs, 'propagating');
  const { candidate } = staged(state);
  const answer = facts.answers[unproven];
  if (answer === undefined) return mayProbe(state, id) ? { do: 'probe', target: id, version: unproven } : null;
  if (answer === 'rejected' && facts.answers[candidate] !== 'unknown' && facts.answers[candidate] !== 'barred') {
    return { do: 'probe', target: id, version: candidate };
  }
  return state.now < state.deadline ? askAgain(state) : null;
}

function provable(state: RotationState, id: TargetId): boolean {
  return mayProve(state, id) && !planOf(state, id).capabilities.silenceIsRefusal;
}

/** How this old version is known to be dead here; null: it is not. */
export function deathOf(state: RotationState, id: TargetId, old: VersionId): Death | null {
  const facts = factsOf(state, id);
  const seen = facts.dead[old];
  if (seen !== undefined) return seen;
  const onlySlot = !planOf(state, id).capabilities.overlap && facts.taken;
  return onlySlot && facts.working !== null && facts.working !== old ? 'replaced' : null;
}

/** Targets that did not answer get further chances, parked, as long as the plan waits for them. */
function awaitStragglers(state: RotationState, ids: readonly TargetId[], taken: readonly TargetId[]): Decision | null {
  const { stragglerMs, probeAgainMs } = state.order.plan.timing;
  if (taken.length === ids.length || stragglerMs === 0) return null;
  if (state.parkedUntil === null) return { go: { parkedUntil: state.now + stragglerMs } };
  if (state.now >= state.parkedUntil) return null;
  const fresh = ids.some((id) => isFresh(state, id));
  return fresh
    ? go(state, 'checked')
    : run(wait(Math.min(state.parkedUntil, state.now + stragglerPauses * probeAgainMs), 'straggler'));
}

/** A straggler is asked again after this many ordinary pauses. */
const stragglerPauses = 10;

/** The pause is over: nothing was asked of this straggler since. */
function isFresh(state: RotationState, id: TargetId): boolean {
  const { taken, orders, answers, failure, silences } = factsOf(state, id);
  return !taken && orders === 0 && failure === null && silences === 0 && Object.keys(answers).length === 0;
}

/** One late look: if the account is locked by now, somebody still uses the old secret. */
function soak(state: RotationState, taken: readonly TargetId[]): Decision | null {
  const { soakMs } = state.order.plan.timing;
  if (soakMs === 0 || state.stillUsed) return null;
  if (!state.soaked) return run(wait(state.now + soakMs, 'soak'));
  const { candidate } = staged(state);
  if (taken.some((id) => factsOf(state, id).answers[candidate] === 'barred')) return { go: { stillUsed: true } };
  const unasked = taken.filter((id) => factsOf(state, id).answers[candidate] === undefined);
  return unasked.length === 0
    ? null
    : run(...unasked.map((id) => ({ do: 'probe', target: id, version: candidate }) as const));
}

/** Why this target's old secret is not proven dead; null: it is. */
export function whyAlive(state: RotationState, id: TargetId): Reason | null {
  const facts = factsOf(state, id);
  if (!facts.taken) return facts.failure ?? 'straggler';
  if (facts.confirmed === 'failed') return 'confirmFailed';
  const open = doomed(state).find((old) => deathOf(state, id, old) === null);
  if (open !== undefined) return whyUnproven(state, id, open);
  return doomed(state).some((old) => deathOf(state, id, old) === 'vacuous') ? 'vacuous' : null;
}

function whyUnproven(state: RotationState, id: TargetId, old: VersionId): Reason {
  if (!mayProve(state, id)) return 'lockout';
  if (planOf(state, id).capabilities.silenceIsRefusal) return 'vacuous';
  const { answers, failure } = factsOf(state, id);
  if (answers[old] === 'accepted') return 'propagating';
  if (answers[old] === 'barred') return 'barred';
  return failure ?? (mayProbe(state, id) ? 'silent' : 'budget');
}
