import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../activities/clock.js';
import { DriverError, errorCodes } from '../model/errors.js';
import type { Instant, Millis } from '../model/time.js';
import { isParked, type WaitReason } from '../protocol/commands.js';
import type { RotationInterpreter } from '../protocol/rotate.js';
import type { RotationState } from '../protocol/state.js';
import type { Verbs } from '../protocol/verbs.js';
import { createInterpreter } from './interpreter.js';

/** The rotation stops here and can go on later: its record says where. */
export class Stopped extends Error {
  constructor(readonly why: WaitReason | 'interrupted') {
    super(`stopped: ${why}`);
    this.name = 'Stopped';
  }
}

export interface DirectOptions {
  readonly verbs: Verbs;
  readonly clock: Clock;
  /** Told before each step. */
  readonly onStep: (state: RotationState) => void;
  /** Told before each pause. */
  readonly onWait: (why: WaitReason, forMs: Millis) => void;
}

/**
 * The protocol as a person runs it in a terminal. What would wait long is thrown as `Stopped`, as is an interruption; the
 * record stays open.
 */
export function directInterpreter({ verbs, clock, onStep, onWait }: DirectOptions): RotationInterpreter {
  return {
    ...createInterpreter({
      verbs: patient(verbs),
      now: () => clock.now(),
      sleepUntil: (until, why) => sleepUntil(clock, until, why, onWait),
    }),
    async checkpoint({ state }) {
      if (clock.signal().aborted) throw new Stopped('interrupted');
      onStep(state);
    },
  };
}

async function sleepUntil(clock: Clock, until: Instant, why: WaitReason, onWait: DirectOptions['onWait']) {
  if (isParked(why)) throw new Stopped(why);
  const forMs = Math.max(1, until - clock.now());
  onWait(why, forMs);
  try {
    await delay(forMs, undefined, { signal: clock.signal() });
  } catch {
    throw new Stopped('interrupted');
  }
}

/** Repeating a vault step converges; everything else is only asked again by the protocol. */
function patient(verbs: Verbs): Verbs {
  return {
    ...verbs,
    open: retried(verbs.open),
    // Where the target makes the secret, an attempt of which nobody knows what it did is for the protocol to look at.
    stage: retried(verbs.stage, ({ effect }) => effect === 'none'),
    promote: retried(verbs.promote),
    note: retried(verbs.note),
    finish: retried(verbs.finish),
  };
}

const vaultAttempts = 3;
const retryPauseMs = 1_000;

function retried<Args extends unknown[], Value>(
  call: (...args: Args) => Promise<Value>,
  mayRepeat: (error: DriverError) => boolean = () => true,
): (...args: Args) => Promise<Value> {
  return async (...args) => {
    for (let left = vaultAttempts; ; left -= 1) {
      try {
        return await call(...args);
      } catch (error) {
        if (left <= 1 || !(error instanceof DriverError)) throw error;
        if (!errorCodes[error.code].retry || !mayRepeat(error)) throw error;
      }
      await delay(retryPauseMs);
    }
  };
}
