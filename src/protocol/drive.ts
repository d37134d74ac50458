import type { RotationOrder } from '../model/plan.js';
import type { RotationRecord } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { Command, End, Observation, RotationEvent, Step } from './commands.js';
import { next } from './next.js';
import type { RotationState } from './state.js';
import { mayBegin, onlyCommand, type Stride, upToLast } from './stretch.js';

/** The hands of the protocol. Temporal's workflow, `relock recover` and the property model each have their own. */
export interface Interpreter {
  now(): Instant;
  /** Carries out one command and tells what came of it; never throws what the protocol should know. */
  execute(command: Command, state: RotationState): Promise<Observation>;
  /**
   * Carries out one command and as many of those that follow from it as it likes; what was seen, step by step. `lost`: it is
   * not known how far that came, and nothing of it can happen any more. Absent: steps are carried out one by one.
   */
  carryOn?(command: Command, state: RotationState): Promise<readonly Stride[] | 'lost'>;
  /** Events since the last call. */
  events(): readonly RotationEvent[];
  /** Called before each step is carried out: everything seen is in this state, the interpreter may stop and go on from it later. */
  checkpoint?(state: RotationState): Promise<void>;
}

export type Driven =
  | { readonly end: End; readonly state: RotationState }
  | { readonly held: RotationRecord; readonly state: RotationState }
  /** Whoever carried out some steps is gone: only the vault knows how far it came. */
  | { readonly lost: true; readonly state: RotationState };

/** Runs the protocol until it ends. Commands of one step are independent and run together. */
export async function drive(from: RotationState, interpreter: Interpreter): Promise<Driven> {
  let state = from;
  let observations: readonly Observation[] = [];
  for (;;) {
    // Clocks of two machines: time never goes back.
    const now = Math.max(interpreter.now(), state.now);
    const { state: reached, step } = next(state, { now, observations, events: interpreter.events() });
    if ('end' in step) return { end: step.end, state: reached };
    if ('held' in step) return { held: step.held, state: reached };
    await interpreter.checkpoint?.(reached);
    const strides = await carryOut(step, reached, interpreter);
    if (strides === 'lost') return { lost: true, state: reached };
    state = upToLast(reached, strides);
    observations = strides.at(-1)?.observations ?? [];
  }
}

async function carryOut(
  step: Extract<Step, { commands: unknown }>,
  state: RotationState,
  interpreter: Interpreter,
): Promise<readonly Stride[] | 'lost'> {
  const alone = onlyCommand(step);
  if (alone !== null && mayBegin(alone) && interpreter.carryOn !== undefined) return interpreter.carryOn(alone, state);
  const observations = await Promise.all(step.commands.map((command) => interpreter.execute(command, state)));
  return [{ observations, at: interpreter.now() }];
}

/** The order that finishes a record which somebody else left: its own token and policy, on today's plan. */
export function orderFor(record: RotationRecord, plan: RotationOrder['plan']): RotationOrder {
  return { plan, token: record.token, policy: record.policy };
}
