import type { CallContext } from '../contracts/context.js';
import type { Instant, Millis } from '../model/time.js';

/** Time and cancellation of the process or activity that makes a call. */
export interface Clock {
  now(): Instant;
  /** Aborted when whoever asked for the call no longer wants it. */
  signal(): AbortSignal;
}

/** A call that may take so long. */
export function callWithin(clock: Clock, timeoutMs: Millis): CallContext {
  return { signal: clock.signal(), deadline: clock.now() + timeoutMs };
}
