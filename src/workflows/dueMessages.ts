import type { EndState, Reason } from '../model/endStates.js';
import type { CredentialId } from '../model/record.js';
import type { DueGroup } from '../model/schedule.js';
import type { Instant } from '../model/time.js';
import type { Ends } from './incidentMessages.js';

export interface RotateDueInput extends DueGroup {
  /** What the run before this one did; null at the start. */
  readonly from: DueSoFar | null;
}

/** Why something that is due was left alone. */
export const skipReasons = {
  incident: 'an open incident holds it',
  running: 'it is being rotated already',
  unreadable: 'its primary vault gave no answer about it',
  blocked: 'it cannot be rotated as configured; relock credentials and relock check say why',
} as const;
export type SkipReason = keyof typeof skipReasons;

/** A credential that a person may want to look at. */
export interface NotRotated {
  readonly credential: CredentialId;
  readonly state: EndState | 'parked' | 'skipped';
  readonly reason: Reason | SkipReason | null;
}

/** What one look has done so far; counts of credentials. */
export interface DueSoFar {
  /** When this look was due: it names its rotations. */
  readonly at: Instant;
  /** Looked at up to this one, in the order of ids; null: from the first. */
  readonly after: CredentialId | null;
  readonly looked: number;
  readonly due: number;
  readonly ends: Ends;
  /** Rotations that wait for something, and go on without this look. */
  readonly parked: number;
  readonly skipped: number;
  /** The first hundred. */
  readonly notRotated: readonly NotRotated[];
}

export type DueResult = DueGroup & Omit<DueSoFar, 'after'>;
