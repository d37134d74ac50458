import type { PlanRef } from './incident.js';
import type { FailurePolicy } from './policy.js';

/** What an approver signs, as canonical JSON and a line feed. Ids, digests and counts: nothing in it needs escaping. */
export interface Statement {
  readonly version: 1;
  readonly decision: 'approve' | 'deny';
  /** `incident/<vendor>/<key>`. */
  readonly incident: string;
  /** The incident's run id: an approval is worth nothing for another run of it, nor after a reset. */
  readonly run: string;
  /** Counted from 1; null: all waves of the plan. */
  readonly wave: number | null;
  readonly planDigest: string;
  readonly credentials: number;
  readonly targets: number;
  /** ISO 8601, UTC. Later it is not accepted, and no rotation begins under it. */
  readonly expires: string;
}

/** What the person who opens an incident signs. */
export interface Opening {
  readonly version: 1;
  readonly incident: string;
  readonly reason: string;
  readonly policy: FailurePolicy;
}

export interface Signed<Said> {
  readonly statement: Said;
  /** As `ssh-keygen -Y sign` writes it; line breaks may be missing. */
  readonly signature: string;
}

/** What a plan says of its own approval; null in a plan: none is signed. */
export interface PlannedApprovals {
  /** Signatures of so many persons, besides the opener. */
  readonly required: number;
  readonly per: 'incident' | 'wave';
  readonly validHours: number;
  /** SHA-256 (hex) of the file of approvers as the planner read it. */
  readonly signersDigest: string;
  /** null in a dry run. */
  readonly opening: Signed<Opening> | null;
}

/** The approvals of a plan or wave, kept in the artifact store for those who act on them. */
export interface ApprovalBundle {
  readonly version: 1;
  readonly plan: PlanRef;
  readonly approvals: readonly Signed<Statement>[];
}

/** A bundle in the artifact store, by the digest of its bytes. */
export interface ApprovalRef {
  readonly key: string;
  readonly digest: string;
}
