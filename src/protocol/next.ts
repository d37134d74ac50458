import type { Instant } from '../model/time.js';
import type { Command, Observation, RotationEvent, Step } from './commands.js';
import { checked, opened, stagedPhase } from './decide/beforeChange.js';
import { applied, verified } from './decide/change.js';
import { confirmed } from './decide/confirm.js';
import { askAgain, type Decision, run } from './decide/decision.js';
import { finished } from './decide/finish.js';
import { adopted, promoted } from './decide/promote.js';
import { retired } from './decide/retire.js';
import { suspended } from './decide/suspend.js';
import { undo } from './decide/undo.js';
import { fold, foldEvent, forgetUnsettled } from './fold.js';
import type { PhaseName } from './phases.js';
import { ration } from './refusals.js';
import type { RotationState } from './state.js';
import { moved, remember } from './trail.js';

/** The whole protocol: what each phase asks for next, and where it leads. `phases.ts` says what is true after each. */
const decide: Readonly<Record<PhaseName, (state: RotationState) => Decision>> = {
  opened,
  checked,
  staged: stagedPhase,
  applied,
  verified,
  confirmed,
  promoted,
  adopted,
  retired,
  finished,
  undo,
  suspended,
};

export interface Seen {
  readonly now: Instant;
  readonly observations: readonly Observation[];
  readonly events: readonly RotationEvent[];
}

/**
 * One step of a rotation: adds what was seen to what is known, then says what to do next, or how it ended. Pure: the same
 * state and the same things seen always give the same step, so histories replay and runs can be examined.
 */
export function next(state: RotationState, seen: Seen): { readonly state: RotationState; readonly step: Step } {
  const begun: RotationState = { ...state, now: seen.now };
  const observed = seen.observations.reduce((known, one) => remember(known, fold(known, one), one), begun);
  return settle(seen.events.reduce(foldEvent, forgetUnsettled(observed, state.now)));
}

/** More phase changes than this without a command is a cycle in the protocol itself. */
const maxMoves = 64;

function settle(state: RotationState): { readonly state: RotationState; readonly step: Step } {
  let current = state;
  for (let moves = 0; moves < maxMoves; moves += 1) {
    const decision = sayFirst(current) ?? decide[current.phase](current);
    if ('commands' in decision) return { state: current, step: { commands: atOnce(current, decision.commands) } };
    if (!('go' in decision)) return { state: current, step: decision };
    current = moved(current, decision.go);
  }
  throw new Error(`protocol does not settle in phase ${current.phase}`);
}

/** Calls of one step at most: a credential on thousands of targets must not flood a network, nor a history. */
const widest = 50;

/** What is left out is asked for again by the next step, with a fresh deadline. */
function atOnce(state: RotationState, commands: readonly Command[]): readonly Command[] {
  return ration(state, commands).slice(0, widest);
}

/** A policy that changed under way is written down before anything is done by it, as long as there is time to try. */
function sayFirst(state: RotationState): Decision | null {
  const { record, policy, vaultFailure, phase } = state;
  if (record === null || record.policy === policy || phase === 'finished') return null;
  if (vaultFailure === null) return { commands: [{ do: 'note', write: { policy } }] };
  return state.now < state.deadline ? run(askAgain(state)) : null;
}
