import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ApprovalRef } from '../model/approval.js';
import type { EndState, Flags, Reason } from '../model/endStates.js';
import type { Join, RotationOrder } from '../model/plan.js';
import type { CredentialId } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { PhaseName } from '../protocol/phases.js';
import type { RotationState } from '../protocol/state.js';

export { rotationWorkflowId, workflowIdOf } from '../model/workflowIds.js';

/** Who is told how a rotation goes: a wave, by workflow id, so that it survives continue-as-new on both sides. */
export interface ReportTo {
  readonly workflowId: string;
}

export interface RotateCredentialInput {
  readonly order: RotationOrder;
  /** `incident/<vendor>/<key>`, or null outside an incident. It groups results in the artifact store. */
  readonly incident: string | null;
  /** The plan that it is part of; absent outside an incident. For the evidence. */
  readonly planDigest?: string;
  readonly reportTo: ReportTo | null;
  /** What it is done by; absent or null: no approval, as in a scheduled rotation. */
  readonly approval?: ApprovalRef | null;
  /** Where an earlier run of this workflow stopped; null at the start. */
  readonly from: Carried | null;
}

/** What one run of the workflow hands to the next. Plain data. */
export interface Carried {
  readonly state: RotationState;
  readonly startedAt: Instant;
  /** What was reported last, so that it is not reported again. */
  readonly parked: Reason | null;
}

/** How one rotation ended; also the shape of its result artifact. Ids, states and times only. */
export interface RotationResult {
  readonly credential: CredentialId;
  readonly incident: string | null;
  readonly token: string;
  readonly state: EndState;
  readonly reason: Reason | null;
  readonly flags: Flags;
  /** The record is still open in the primary vault. */
  readonly open: boolean;
  /** What stood in its way at the end, in relock's words; absent: nothing is known, or an earlier release wrote it. */
  readonly causes?: readonly string[];
  readonly startedAt: Instant;
  readonly endedAt: Instant;
}

/** What a rotation tells its wave. */
export type RotationReport =
  | { readonly kind: 'parked'; readonly credential: CredentialId; readonly reason: Reason }
  | { readonly kind: 'ended'; readonly credential: CredentialId; readonly result: RotationResult };

export const reportSignal = defineSignal<[RotationReport]>('report');

/** An incident takes over a rotation that is under way. Answers with the token of the rotation joined. */
export const joinUpdate = defineUpdate<{ readonly token: string }, [Join]>('join');

/** Readers get the new secret although too few targets took it (`true`), or do not (`false`). */
export const decideSignal = defineSignal<[{ readonly promote: boolean }]>('decide');
export const consumersMovedSignal = defineSignal('consumersMoved');
export const suppliedSignal = defineSignal('supplied');

export interface RotationProgress {
  readonly credential: CredentialId;
  readonly phase: PhaseName;
  readonly parked: Reason | null;
}
export const progressQuery = defineQuery<RotationProgress>('progress');
