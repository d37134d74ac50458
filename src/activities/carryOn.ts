import type { ApprovalRef } from '../model/approval.js';
import { anyHead } from '../model/record.js';
import type { Command, Observation } from '../protocol/commands.js';
import { createInterpreter } from '../protocol/direct.js';
import { failing, observe } from '../protocol/observe.js';
import type { RotationState } from '../protocol/state.js';
import { carryOn, type Stretch, type Stride } from '../protocol/stretch.js';
import type { Verbs } from '../protocol/verbs.js';
import type { Clock } from './clock.js';
import { patient } from './patient.js';
import { logBug } from './toFailure.js';

export interface CarryOn {
  /** Carries out the first step and those that follow from it; each call checks for itself whether it may. */
  carryOn(stretch: Stretch, approval: ApprovalRef | null, head?: string): Promise<readonly Stride[]>;
}

export function createCarryOn(verbs: Verbs, clock: Clock): CarryOn {
  const now = () => clock.now();
  return {
    carryOn: (stretch, approval, head = anyHead) => {
      const hands = createInterpreter({ verbs: patient(verbs), now, sleepUntil: neverAsked, head, approval });
      const execute = (command: Command, state: RotationState) =>
        hands.execute(command, state).catch(broken(command, now));
      return carryOn(stretch, { now, isStopped: () => clock.signal().aborted, execute });
    },
  };
}

/** A rule of relock's own is broken in one step: the protocol hears that nothing is known of it, as of any other. */
function broken(command: Command, now: () => number): (error: unknown) => Promise<Observation> {
  return (error) => {
    logBug(error);
    return observe(command, failing({ code: 'Bug', effect: 'unknown' }), now);
  };
}

/** Waiting is the workflow's own. */
function neverAsked(): Promise<never> {
  return Promise.reject(new Error('a stretch does not wait'));
}
