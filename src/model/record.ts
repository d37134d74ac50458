import type { Maker } from './capabilities.js';
import type { EndState } from './endStates.js';
import type { FailurePolicy } from './policy.js';
import type { Instant } from './time.js';

/** One value of a credential, named within its vault path: `new-<token8>`, `old-<token8>-<n>`, `capture-<token8>-<target>`. Opaque, public. */
export type VersionId = string;
export type TargetId = string;
export type CredentialId = string;

/** Phases as the record tells them; each is written before its first effect. `docs/protocol.md` says what each means. */
export const recordPhases = ['opened', 'staged', 'applied', 'promoted', 'retired'] as const;
export type RecordPhase = (typeof recordPhases)[number];

/** Who writes a record: a rotation, and which of those that carried it on. */
export interface Carrier {
  /** hash(credential, plan digest or scheduled time, attempt): 64 lower-case hex characters. */
  readonly token: string;
  /** The workflow or command that carries it on, opaque. Who opens the record last is the only one that may write it. */
  readonly head: string;
}

/** Of a record, or of a workflow, that an earlier release began: nobody is kept out. */
export const anyHead = '';

/** What a rotation says about itself when it opens. */
export interface Opening extends Carrier {
  readonly credential: CredentialId;
  /** SHA-256 of the credential's resolved descriptor: whoever finishes this must mean the same accounts. */
  readonly descriptorDigest: string;
  readonly policy: FailurePolicy;
  readonly maker: Maker;
  readonly ownedFields: readonly string[];
  readonly targets: readonly TargetId[];
  readonly at: Instant;
}

/**
 * What a rotation under way has written about itself in the primary vault. It holds no values, only names of held
 * versions. Whoever finds it can finish it (invariants I1 and I6).
 */
export interface RotationRecord extends Opening {
  /** Heads whose place another took; they never get it back. Latest last. */
  readonly pastHeads: readonly string[];
  readonly phase: RecordPhase;
  /** The held copy of what readers got at `open`; null where no copy had a value. */
  readonly base: VersionId | null;
  /** Every version that must die, `base` included: values of copies that disagreed, leftovers of earlier rotations. */
  readonly olds: readonly VersionId[];
  readonly candidate: VersionId | null;
  readonly stagedAt: Instant | null;
  /** What undo needs, per target. */
  readonly captures: Readonly<Record<TargetId, VersionId>>;
  /** Which targets may accept which version. A version is released only when its list is empty. */
  readonly mayBeAt: Readonly<Record<VersionId, readonly TargetId[]>>;
  /** No effect of this rotation, promote included, is sent after this; null: none was ever sent. */
  readonly effectsNotAfter: Instant | null;
  /** Slots that existed before an issued secret was made; null: not made by the target, or not looked yet. */
  readonly slotsBefore: readonly string[] | null;
  readonly suspended: readonly TargetId[];
  /** Refused logins per realm since the last good one, by every rotation of this credential; counted before the login is made. */
  readonly refusals: Refusals;
  /** Per target, the old version that a fresh login accepted in this rotation, and from where: what makes a later refusal a proof. */
  readonly controls: Readonly<Record<TargetId, Control>>;
}

/** By realm. */
export type Refusals = Readonly<Record<string, RefusalCount>>;

export interface RefusalCount {
  readonly count: number;
  /** When the latest was counted. */
  readonly at: Instant;
}

export interface Control {
  readonly version: VersionId;
  /** Worker's zone, method and address, as one opaque name. */
  readonly vantage: string;
}

/** What may be changed in a record once it is open. */
export interface RecordChange {
  readonly phase?: RecordPhase;
  readonly policy?: FailurePolicy;
  /** The later of this and what is there is kept. */
  readonly effectsNotAfter?: Instant;
  readonly slotsBefore?: readonly string[];
  readonly suspended?: readonly TargetId[];
  /** Takes the place of what was counted for these realms. */
  readonly refusals?: Refusals;
  /** Added to what is there; a target's first control stays. */
  readonly controls?: Readonly<Record<TargetId, Control>>;
  /** These versions were seen refused by these targets, or a later proven change replaced them there. */
  readonly goneFrom?: readonly Gone[];
}

export interface Gone {
  readonly version: VersionId;
  readonly targets: readonly TargetId[];
}

export interface SpentToken {
  readonly token: string;
  readonly end: EndState;
  readonly at: Instant;
}
