import type { Estate } from '../config/estate.js';
import type { Verbs } from '../protocol/verbs.js';
import type { Clock } from './clock.js';
import { createTargetVerbs } from './targetVerbs.js';
import { createVaultVerbs } from './vaultVerbs.js';

/** What the hands need of the process they run in. */
export interface RotationDeps {
  readonly estate: Estate;
  readonly clock: Clock;
  /** From where this process probes, as one opaque name: a refusal counts only beside an acceptance from the same. */
  readonly vantage: string;
}

/** The hands of the protocol over one estate. */
export function createRotationVerbs(deps: RotationDeps): Verbs {
  return { ...createVaultVerbs(deps), ...createTargetVerbs(deps) };
}
