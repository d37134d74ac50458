import { setTimeout as delay } from 'node:timers/promises';
import { DriverError, errorCodes } from '../model/errors.js';
import type { Verbs } from '../protocol/verbs.js';

/** Repeating a vault step converges; everything else is only asked again by the protocol. */
export function patient(verbs: Verbs): Verbs {
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

/** After each failed try but the last: a vault that fails over is away for some seconds. */
const pausesMs = [1_000, 2_000, 4_000, 8_000];

function retried<Args extends unknown[], Value>(
  call: (...args: Args) => Promise<Value>,
  mayRepeat: (error: DriverError) => boolean = () => true,
): (...args: Args) => Promise<Value> {
  return async (...args) => {
    for (const pauseMs of pausesMs) {
      try {
        return await call(...args);
      } catch (error) {
        if (!(error instanceof DriverError) || !errorCodes[error.code].retry || !mayRepeat(error)) throw error;
      }
      await delay(pauseMs);
    }
    return call(...args);
  };
}
