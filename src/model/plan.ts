import type { ApprovalRef } from './approval.js';
import type { Capabilities, Maker } from './capabilities.js';
import type { CredentialKind, KeyType } from './kinds.js';
import type { FailurePolicy } from './policy.js';
import type { CredentialId, TargetId } from './record.js';
import type { Instant, Millis } from './time.js';

export interface TargetPlan {
  readonly id: TargetId;
  readonly zone: string | null;
  /** The authority that counts refused logins of the account: the unit of the refusal budget. */
  readonly realm: string;
  /** Who changes it: the target's management login, or the account itself with a secret that works. */
  readonly login: 'management' | 'self';
  readonly capabilities: Capabilities;
}

/** How one credential will be rotated: part of an incident's plan, covered by its digest. Ids and settings, no addresses, no values. */
export interface RotationPlan {
  readonly credential: CredentialId;
  /** What its workflow is called in Temporal; absent: `rotate/<credential>`. */
  readonly workflowId?: string;
  readonly kind: CredentialKind;
  readonly account: string;
  readonly descriptorDigest: string;
  readonly maker: Maker;
  /** The first that can be reached is changed alone, verified, and only then the others. */
  readonly targets: readonly TargetPlan[];
  /** `vault:path`; the first is the primary. */
  readonly copies: readonly string[];
  /** Its first secret is set by relock where no vault holds one; absent or false: without a present secret nothing is done. */
  readonly adopt?: boolean;
  /** The kind of the new SSH key; absent: that of the one which it replaces. */
  readonly keyType?: KeyType;
  /** Share (0–1] of the targets that answered which must have taken the new secret before readers get it. */
  readonly promoteAt: number;
  /** Go on when a copy other than the primary is unavailable, and flag it stale. Only asked under `forward`. */
  readonly staleConsent: boolean;
  /** Consumers that must have moved before the old secret is retired; opaque names. */
  readonly consumers: readonly string[];
  readonly timing: RotationTiming;
}

export interface RotationTiming {
  /** An effect is sent within this long of being ordered, or never. */
  readonly effectMs: Millis;
  /** Pause between two probes of the same thing. */
  readonly probeAgainMs: Millis;
  /** How long to look for a certain state, counted anew for changing, for undoing and for proving. */
  readonly settleDeadlineMs: Millis;
  /** How long to wait, parked, for a target that did not answer. */
  readonly stragglerMs: Millis;
  /** One late look after everything is proven: is the account locked by somebody who still uses the old secret? 0: none. */
  readonly soakMs: Millis;
}

/** One run of the protocol. */
export interface RotationOrder {
  readonly plan: RotationPlan;
  /** hash(credential, plan digest or scheduled time, attempt), 64 hex characters. */
  readonly token: string;
  readonly policy: FailurePolicy;
}

/** What an incident asks of a rotation that is already under way. */
export interface Join {
  readonly policy: 'forward';
  /** Candidates made before this are not clean and are rotated once more. */
  readonly cleanAfter: Instant;
  /** What the incident may do this by; absent or null where approvals need no signature. */
  readonly approval?: ApprovalRef | null;
}
