import type { ApprovalRef } from '../model/approval.js';
import { DriverError } from '../model/errors.js';
import type { Instant } from '../model/time.js';
import { type CommandOf, messageOf, type Outcome, type RotationEvent } from './commands.js';
import { type Hands, observe } from './observe.js';
import type { RotationInterpreter } from './rotate.js';
import type { RotationState } from './state.js';
import { rotationRef, type Verbs } from './verbs.js';

export interface DirectOptions {
  readonly verbs: Verbs;
  now(): Instant;
  /** Returns then, or earlier when something was said to the rotation. */
  sleepUntil(until: Instant, why: CommandOf<'wait'>['why']): Promise<void>;
  /** What was said since the last call; default: nobody says anything. */
  events?(): readonly RotationEvent[];
  /** Who carries it on: the same for as long as it is the same (`Carrier.head`). */
  readonly head: string;
  /** What it is done by; default: nothing was signed. */
  readonly approval?: ApprovalRef | null;
}

/**
 * Runs the protocol in this process: commands call the verbs directly, nothing is remembered but what the vault holds. A
 * `DriverError` becomes an outcome; any other error is a fault of this program and ends it: the record tells the rest.
 */
export function createInterpreter(options: DirectOptions): RotationInterpreter {
  return {
    now: () => options.now(),
    events: () => options.events?.() ?? [],
    execute: (command, state) => observe(command, handsOf(options, state), () => options.now()),
  };
}

function handsOf({ verbs, sleepUntil, head, approval = null }: DirectOptions, state: RotationState): Hands {
  const ref = rotationRef(state, approval, head);
  return {
    open: (command) => outcomeOf(() => verbs.open(ref, command)),
    probe: (command) => outcomeOf(() => verbs.probe(ref, command)),
    stage: (command) => outcomeOf(() => verbs.stage(ref, command)),
    capture: (command) => outcomeOf(() => verbs.capture(ref, command)),
    change: (command) => outcomeOf(() => verbs.change(ref, command)),
    revert: (command) => outcomeOf(() => verbs.revert(ref, command)),
    confirm: (command) => outcomeOf(() => verbs.confirm(ref, command)),
    retire: (command) => outcomeOf(() => verbs.retire(ref, command)),
    endSessions: (command) => outcomeOf(() => verbs.endSessions(ref, command)),
    suspend: (command) => outcomeOf(() => verbs.suspend(ref, command)),
    promote: (command) => outcomeOf(() => verbs.promote(ref, command)),
    note: (command) => outcomeOf(() => verbs.note(ref, command)),
    finish: (command) => outcomeOf(() => verbs.finish(ref, command)),
    async wait(command) {
      await sleepUntil(command.until, command.why);
      return { ok: true, value: null };
    },
  };
}

async function outcomeOf<Value>(call: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    return { ok: false, code: error.code, effect: error.effect, message: messageOf(error) };
  }
}
