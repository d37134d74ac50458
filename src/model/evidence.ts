import type { Maker } from './capabilities.js';
import type { EndState, Flags, Reason } from './endStates.js';
import type { Effect, ErrorCode } from './errors.js';
import type { CredentialKind } from './kinds.js';
import type { Join } from './plan.js';
import type { FailurePolicy } from './policy.js';
import type { ProbeAnswer } from './probe.js';
import type { CredentialId, TargetId, VersionId } from './record.js';
import type { Instant } from './time.js';

/**
 * What one rotation observed: write-once, for auditors. Ids, names, states and times (ms since 1970, UTC); never an
 * address, never a value. docs/evidence.md explains each field; schema/evidence.schema.json is its schema.
 */
export interface RotationEvidence {
  readonly type: 'relock.rotation-evidence';
  readonly version: 1;
  readonly credential: CredentialId;
  readonly kind: CredentialKind;
  readonly account: string;
  readonly incident: string | null;
  /** The approved plan that it was part of; null outside an incident. */
  readonly planDigest: string | null;
  /** The signed approvals that it was done by; null: none were needed. */
  readonly approval: EvidenceRef | null;
  /** Names this rotation for ever: hash(credential, plan digest or scheduled time, attempt). */
  readonly token: string;
  /** SHA-256 of what relock.yaml says of the credential, its targets and its copies. */
  readonly descriptorDigest: string;
  readonly maker: Maker;
  readonly policy: { readonly ordered: FailurePolicy; readonly inForce: FailurePolicy };
  /** It finished a record that an earlier run had left. */
  readonly resumed: boolean;
  readonly cancelled: boolean;
  /** An incident took it over. */
  readonly joined: Pick<Join, 'policy' | 'cleanAfter'> | null;
  /** What a person decided where too few targets had taken the new secret; null: nobody was asked. */
  readonly promoteDecision: boolean | null;
  readonly state: EndState;
  readonly reason: Reason | null;
  readonly flags: Flags;
  readonly open: boolean;
  /** What stood in its way at the end, in relock's words; absent where an earlier release wrote it. */
  readonly causes?: readonly string[] | undefined;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  /** Names of held versions. `olds` are those that had to die. */
  readonly versions: {
    readonly candidate: VersionId | null;
    readonly candidateMadeAt: Instant | null;
    readonly base: VersionId | null;
    readonly olds: readonly VersionId[];
  };
  readonly phases: readonly PhaseEvidence[];
  readonly targets: readonly TargetEvidence[];
  readonly copies: readonly CopyEvidence[];
}

export interface PhaseEvidence {
  readonly phase: string;
  readonly reachedAt: Instant;
  /** Since then what the phase stands for is true; null: it was not reached that far. */
  readonly provenAt: Instant | null;
}

export interface TargetEvidence {
  readonly id: TargetId;
  readonly zone: string | null;
  readonly realm: string;
  /** Who changed it. */
  readonly login: 'management' | 'self';
  /** The latest login with the new secret worked, and nothing was sent since. */
  readonly taken: boolean;
  /** Survives a reboot; `failed`: it may not. `no`: not asked, the driver has nothing to save. */
  readonly saved: 'no' | 'yes' | 'failed';
  readonly sessionsEnded: boolean;
  readonly suspended: boolean;
  readonly olds: readonly OldEvidence[];
  readonly logins: readonly LoginEvidence[];
  readonly effects: readonly EffectEvidence[];
}

/** An old version at one target. `proven`: refused between two controls; null: it may still open the account. */
export interface OldEvidence {
  readonly version: VersionId;
  readonly death: 'proven' | 'replaced' | 'vacuous' | null;
  readonly refusal: SightingEvidence | null;
  /** That version, or the one that worked instead of it, was accepted before: from the same vantage, or from any where the target holds one secret. */
  readonly controlBefore: ControlEvidence | null;
  /** The same vantage accepted the new secret right after. */
  readonly controlAfter: SightingEvidence | null;
}

export interface SightingEvidence {
  readonly at: Instant;
  /** Worker's zone, realm and target; null: the login failed before that was known. */
  readonly vantage: string | null;
}

export interface ControlEvidence {
  readonly version: VersionId;
  /** null: an earlier run saw it; the record kept from where. */
  readonly at: Instant | null;
  readonly vantage: string | null;
}

/** Fresh logins with one version that had the same answer: how many, the first and the last. */
export interface LoginEvidence {
  readonly version: VersionId;
  readonly answer: ProbeAnswer;
  readonly times: number;
  readonly first: SightingEvidence;
  readonly last: SightingEvidence;
}

export interface EffectEvidence {
  readonly effect: string;
  readonly times: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  /** What the last one failed with; null: the target said yes. */
  readonly failure: { readonly code: ErrorCode; readonly effect: Effect } | null;
}

export interface CopyEvidence {
  /** `vault:path`; the first is the primary. */
  readonly ref: string;
  /** What was there at the start, beside the primary's. */
  readonly seen: 'agrees' | 'differs' | 'absent' | 'unavailable' | 'unseen';
  /** Readers get the new secret since; null: they do not. */
  readonly promotedAt: Instant | null;
  readonly stale: boolean;
  /** The name under which a stranger's value is held; null: none was met. */
  readonly stranger: VersionId | null;
}

/** An artifact, by the SHA-256 (hex) of its bytes. */
export interface EvidenceRef {
  readonly key: string;
  readonly sha256: string;
}
