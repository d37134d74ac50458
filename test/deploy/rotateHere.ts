import { createRotationVerbs } from '../../src/activities/rotation.js';
import type { Estate } from '../../src/config/estate.js';
import type { FailurePolicy } from '../../src/model/policy.js';
import type { End } from '../../src/protocol/commands.js';
import type { PhaseName } from '../../src/protocol/phases.js';
import { beginRotation, rotate } from '../../src/protocol/rotate.js';
import type { Verbs } from '../../src/protocol/verbs.js';
import { directInterpreter } from '../../src/recover/directInterpreter.js';
import { rotationInput } from '../workflows/rotationInput.js';

/** What is not done by then, because a right is missing, has failed. */
const stepMs = 25_000;

export function ownClock() {
  const signal = AbortSignal.timeout(stepMs);
  return { now: Date.now, signal: () => signal };
}

export interface Way {
  readonly policy?: FailurePolicy;
  /** A person cancels when that phase is reached. */
  readonly cancelAt?: PhaseName;
  /** Default: those of the estate itself. */
  readonly verbs?: Verbs;
}

let attempts = 0;

/** A whole rotation by the product's own protocol and hands, in this process. */
export async function rotateHere(estate: Estate, credential: string, way: Way = {}): Promise<End> {
  const clock = ownClock();
  attempts += 1;
  const { order } = rotationInput(estate, credential, { policy: way.policy ?? 'restore', attempt: attempts });
  const verbs = way.verbs ?? createRotationVerbs({ estate, clock, vantage: 'main' });
  let phase: PhaseName = 'opened';
  const onStep = (state: { readonly phase: PhaseName }) => {
    phase = state.phase;
  };
  const interpreter = directInterpreter({ verbs, head: order.token, clock, onStep, onWait: () => undefined });
  const events = () => (phase === way.cancelAt ? [{ event: 'cancel' } as const] : []);
  return (await rotate(beginRotation(order, Date.now()), { ...interpreter, events })).end;
}

export interface Step {
  readonly name: string;
  /** Throws when it did not do what it should. */
  run(): Promise<void>;
}

/** Runs steps one after the other; null: all did what they should, else which did not and why. */
export async function firstFailure(steps: readonly Step[]): Promise<string | null> {
  for (const { name, run } of steps) {
    try {
      await run();
    } catch (error) {
      return `${name}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return null;
}
