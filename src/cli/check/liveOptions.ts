import type { Instant } from '../../model/time.js';

export interface LiveOptions {
  readonly signal: AbortSignal;
  readonly now: () => Instant;
}
