import type { RotationOrder } from '../model/plan.js';
import type { RotationRecord } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { Command, End, Observation, RotationEvent } from './commands.js';
import { next } from './next.js';
import type { RotationState } from './state.js';

/** The hands of the protocol. Temporal's workflow, `relock recover` and the property model each have their own. */
export interface Interpreter {
  now(): Instant;
  /** Carries out one command and tells what came of it; never throws what the protocol should know. */
  execute(command: Command, state: RotationState): Promise<Observation>;
  /** Events since the last call. */
  events(): readonly RotationEvent[];
  /** Called before each step is carried out: everything seen is in this state, the interpreter may stop and go on from it later. */
  checkpoint?(state: RotationState): Promise<void>;
}

export type Driven =
  | { readonly end: End; readonly state: RotationState }
  | { readonly held: RotationRecord; readonly state: RotationState };

/** Runs the protocol until it ends. Commands of one step are independent and run together. */
export async function drive(from: RotationState, interpreter: Interpreter): Promise<Driven> {
  let state = from;
  let observations: readonly Observation[] = [];
  for (;;) {
    const { state: reached, step } = next(state, {
      now: interpreter.now(),
      observations,
      events: interpreter.events(),
    });
    state = reached;
    if ('end' in step) return { end: step.end, state };
    if ('held' in step) return { held: step.held, state };
    await interpreter.checkpoint?.(reached);
    observations = await Promise.all(step.commands.map((command) => interpreter.execute(command, reached)));
  }
}

/** The order that finishes a record which somebody else left: its own token and policy, on today's plan. */
export function orderFor(record: RotationRecord, plan: RotationOrder['plan']): RotationOrder {
  return { plan, token: record.token, policy: record.policy };
}
