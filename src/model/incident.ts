import type { PlannedApprovals } from './approval.js';
import type { EndState, Reason } from './endStates.js';
import type { RotationPlan } from './plan.js';
import type { FailurePolicy } from './policy.js';
import type { CredentialId } from './record.js';
import type { Instant } from './time.js';

/** One credential's row in an incident's plan. */
export interface PlanEntry {
  readonly plan: RotationPlan;
  /** Where it was found: `relock.yaml:41`. */
  readonly provenance: string;
  readonly owner: string | null;
  /** `target/account` pairs; two entries that share one never run together. */
  readonly locks: readonly string[];
  /** Why it cannot be rotated as configured; empty in waves, never empty among the blocked. */
  readonly findings: readonly string[];
}

export interface PlanPage {
  readonly entries: readonly PlanEntry[];
}

/** A page in the artifact store, by the digest of its bytes. */
export interface PageRef {
  readonly key: string;
  readonly digest: string;
  readonly credentials: number;
}

/** `canary`: all must succeed. `management`: logins by which others are changed; alone, one after the other, last. */
export type WaveKind = 'canary' | 'wave' | 'management';

export interface PlannedWave {
  readonly kind: WaveKind;
  readonly credentials: number;
  readonly targets: number;
  readonly pages: readonly PageRef[];
}

/** What would be done for an incident, in which order, and what cannot be. Its digest is what people approve. */
export interface IncidentPlan {
  readonly version: 1;
  readonly incident: string;
  readonly vendor: string;
  readonly reason: string;
  readonly policy: FailurePolicy;
  readonly madeAt: Instant;
  readonly haltAtFailedPercent: number;
  /** Rotations under way at once; absent in plans of earlier releases. */
  readonly inFlight?: number;
  readonly waves: readonly PlannedWave[];
  /** Shared with the vendor, and not rotated by this plan: each says why. */
  readonly blocked: readonly PageRef[];
  readonly totals: PlanTotals;
  /** null: approvals need no signature. */
  readonly approvals: PlannedApprovals | null;
}

export interface PlanTotals {
  readonly credentials: number;
  readonly blocked: number;
  readonly targets: number;
  readonly copies: number;
  readonly byKind: Readonly<Record<string, number>>;
}

export interface PlanRef {
  readonly key: string;
  readonly digest: string;
}

export const incidentStates = {
  planning: 'the plan is being made',
  planned: 'dry run: the plan was made and checked, nothing was changed',
  awaitingApproval: 'a person must approve the plan',
  running: 'waves are running',
  paused: 'a person paused it; what is under way goes on',
  halted: 'too many failed; a person decides to resume or to abort',
  settling: 'every wave has run; some rotations still wait for something',
  finished: 'every credential of the plan has an end',
  closed: 'a person closed it, with a reason; what was still open is listed, and goes on by itself',
  aborted: 'a person stopped it; what was under way has an end',
  denied: 'a person refused the plan; nothing was changed',
  failed: 'the plan could not be made; nothing was changed',
} as const;
export type IncidentState = keyof typeof incidentStates;

/** What a person reads of one credential: its end, or where it is. */
export interface CredentialStatus {
  readonly id: CredentialId;
  readonly state: EndState | 'pending' | 'running' | 'parked' | 'blocked';
  /** The secret that the vendor knows may still open something. */
  readonly exposed: boolean;
  readonly reason?: Reason | string;
  /** What stood in its way at the end, in relock's words. */
  readonly causes?: readonly string[];
}

/** Credentials in one page: what one workflow run starts before it continues as new. */
export const pageSize = 50;
