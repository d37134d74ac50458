import type { Instant } from '../model/time.js';

/** Given to every remote call. Drivers stop at whichever comes first and then throw `Timeout`. */
export interface CallContext {
  readonly signal: AbortSignal;
  readonly deadline: Instant;
}

/** Given to every call with an effect. */
export interface EffectContext extends CallContext {
  /** Absolute. The driver checks it right before the bytes that change something, and past it throws `Timeout` with effect `none`. */
  readonly notAfter: Instant;
}
