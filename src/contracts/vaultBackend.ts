import type { CopyProblem, Expected } from '../model/copyShape.js';
import type { EndState } from '../model/endStates.js';
import type {
  Carrier,
  Opening,
  RecordChange,
  RotationRecord,
  SpentToken,
  TargetId,
  VersionId,
} from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { Secret } from '../secret/secret.js';
import type { CallContext } from './context.js';

/** A slash-separated path inside one vault, such as `itron/headend-svc`; no empty, `.` or `..` segment. */
export type SecretPath = string;

export type Opened =
  | { readonly kind: 'opened'; readonly record: RotationRecord }
  /** Another token's record is open, or this one's was taken over by another head. Nothing was written. */
  | { readonly kind: 'held'; readonly record: RotationRecord }
  /** This token was finished before. Nothing was written. */
  | { readonly kind: 'spent'; readonly spent: SpentToken };

export type Promoted =
  /** Readers now get the candidate; also when they already did. */
  | 'promoted'
  /** Readers' owned fields equal neither `ifCurrent` nor the candidate: somebody else wrote. Nothing was written. */
  | 'conflict';

/** What relock remembers of one path, open record or not. */
export interface PathState {
  readonly record: RotationRecord | null;
  /** Versions of finished rotations that some target may still accept. */
  readonly leftovers: Readonly<Record<VersionId, readonly TargetId[]>>;
  /** When a rotation last ended `rotated` or `replaced`, by relock's own clock. */
  readonly rotatedAt: Instant | null;
  readonly spent: readonly SpentToken[];
}

export interface VaultFinding {
  readonly path: SecretPath | null;
  readonly severity: 'error' | 'warning';
  /** What is wrong, and what to do. */
  readonly message: string;
}

/**
 * Where secrets live. Readers see only the current version at a path; the record and held versions are invisible to
 * them. Every write is compare-and-set, so two relocks, or a relock and a person, never overwrite each other unseen.
 *
 * All methods throw `DriverError` and nothing else. A lost reply is effect `unknown`; calling again with the same
 * arguments is always safe and converges.
 */
export interface VaultBackend {
  /** Registered driver name. */
  readonly driver: string;

  /** Whether these paths can be read, written and promoted by this login, and whether readers are kept from relock's own. Changes nothing. */
  check(paths: readonly SecretPath[], context: CallContext): Promise<readonly VaultFinding[]>;

  /**
   * What is wrong with what readers get there as the secret that is expected: in relock's words, without any value. Throws
   * where it cannot be read as a secret at all.
   */
  problems(path: SecretPath, expected: Expected, context: CallContext): Promise<readonly CopyProblem[]>;

  /** Every path under the prefix, complete or an error; no values. relock's own are left out. */
  list(prefix: SecretPath, context: CallContext): Promise<readonly SecretPath[]>;

  /** What relock remembers there; an untouched path gives empty values. */
  state(path: SecretPath, context: CallContext): Promise<PathState>;

  /** Paths with an open record, complete or an error. */
  openRecords(context: CallContext): Promise<readonly SecretPath[]>;

  /**
   * Creates the record atomically, and holds what readers get now as `base`. Leftovers of finished rotations become
   * part of `olds`. The same token again returns the record as it is; by another head it is that one's from then on: heads
   * before it are `held`, and what they write is a `Conflict`. Here and in `state`, a record whose candidate
   * readers already get has phase `promoted`, also when the process that promoted died before it could write that. A new record
   * is refused (`Misconfigured`, nothing written) where one of `problems` blocks; a value with something invisible at its ends is
   * held without that as well, as one that may work.
   */
  open(path: SecretPath, opening: Opening, context: CallContext, expected?: Expected): Promise<Opened>;

  /** Writes progress; a phase never goes back. Throws `Conflict` (effect none) when the record is not this carrier's. */
  note(path: SecretPath, by: Carrier, change: RecordChange, context: CallContext): Promise<RotationRecord>;

  /**
   * Keeps a further version under the record: a copy's differing value (`old`), a stranger's (`old`), what undo needs
   * (`capture`). Durable before it returns. The same label again keeps the first value and returns its version.
   */
  hold(path: SecretPath, by: Carrier, held: Hold, context: CallContext): Promise<RotationRecord>;

  /**
   * Makes and keeps the candidate, durable before it returns, invisible to readers; every target of the record may be
   * at it from then on. The same token again returns the record without calling `make`. If `make` throws, nothing is kept.
   */
  stage(path: SecretPath, by: Carrier, make: () => Promise<Secret>, context: CallContext): Promise<RotationRecord>;

  /** `current` is what readers get. Throws `NotFound` when there is none. */
  read(path: SecretPath, version: 'current' | VersionId, context: CallContext): Promise<Secret>;

  /**
   * Gives readers the candidate. Owned fields equal to `ifCurrent` (null: no value there) are swapped, foreign fields
   * carried over; equal to the candidate is success. Equality of values decides, never a version number. The record says
   * first until when it may happen (`effectsNotAfter`), so that whoever takes over waits until it cannot any more.
   */
  promote(path: SecretPath, by: Carrier, ifCurrent: VersionId | null, context: CallContext): Promise<Promoted>;

  /** Forgets a held version. Throws `Bug` (effect none) while a target may be at it, or when readers get its value. Absent: no-op. */
  release(path: SecretPath, version: VersionId, context: CallContext): Promise<void>;

  /**
   * Closes the record and marks the token spent, in one write. Versions that some target may still accept stay held as
   * leftovers, also the one that readers get; all others, and every capture, go. Gives the end that it has: that of who
   * closed it first, where it was closed before. null: an account is suspended by it, so it stays, with what was last said.
   */
  finish(path: SecretPath, by: Carrier, closing: Closing, context: CallContext): Promise<EndState | null>;
}

export interface Closing {
  readonly end: EndState;
  readonly at: Instant;
  /** What the record must still say before it is closed. */
  readonly last?: Pick<RecordChange, 'goneFrom' | 'refusals'>;
}

export type Hold =
  | { readonly role: 'old'; readonly label: string; readonly secret: Secret; readonly mayBeAt: readonly TargetId[] }
  | { readonly role: 'capture'; readonly target: TargetId; readonly secret: Secret };
