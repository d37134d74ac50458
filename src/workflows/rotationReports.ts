import { getExternalWorkflowHandle, log, patched, proxyLocalActivities } from '@temporalio/workflow';
import type { RecordResult } from '../activities/recordResult.js';
import type { ApprovalRef } from '../model/approval.js';
import type { EvidenceRef, RotationEvidence } from '../model/evidence.js';
import { causesOf } from '../protocol/causes.js';
import type { End } from '../protocol/commands.js';
import { evidenceOf } from '../protocol/evidence.js';
import type { Rotated, Rotation } from '../protocol/rotate.js';
import { localStep } from './activityOptions.js';
import {
  type ReportTo,
  type RotateCredentialInput,
  type RotationReport,
  type RotationResult,
  reportSignal,
} from './messages.js';
import { rotationSink } from './rotationSinks.js';

/** Tells the wave. One that is gone needs no report: what it would do, its incident finds in the artifact store. */
export async function report(to: ReportTo | null, what: RotationReport): Promise<void> {
  if (to === null) return;
  try {
    await getExternalWorkflowHandle(to.workflowId).signal(reportSignal, what);
  } catch {
    log.info('the wave that wanted this report is gone', { kind: what.kind });
  }
}

/** How a rotation ended, for those who started it, and what shows it, for auditors. */
export interface Closing {
  readonly result: RotationResult;
  readonly evidence: RotationEvidence;
}

/** Writes result and evidence down. A store that stays away does not keep the rotation from ending: the workflow's own result says the same. */
async function keep({ result, evidence }: Closing): Promise<void> {
  const { recordResult } = proxyLocalActivities<RecordResult>(localStep);
  try {
    await recordResult(result, evidence);
  } catch {
    log.warn('the result could not be written to the artifact store', { credential: result.credential });
  }
}

/** Writes it down, then tells it. */
export async function closeWith(closing: Closing, to: ReportTo | null): Promise<RotationResult> {
  const { result } = closing;
  await keep(closing);
  rotationSink.ended(result.state, result.flags.exposed, result.endedAt - result.startedAt);
  await report(to, { kind: 'ended', credential: result.credential, result });
  return result;
}

export function closingOf(input: RotateCredentialInput, startedAt: number, rotation: Rotation, end: End): Closing {
  const { state, reason, flags, open } = end;
  const endedAt = Date.now();
  const { incident, planDigest = null } = input;
  const approval = approvalOf(rotation.state.joined?.approval ?? input.approval ?? null);
  const { token } = rotation.order;
  return {
    result: {
      credential: input.order.plan.credential,
      incident,
      token,
      state,
      reason,
      flags,
      open,
      causes: causesOf(rotation.state, end),
      startedAt,
      endedAt,
    },
    evidence: evidenceOf(rotation.state, end, { incident, planDigest, approval, startedAt, endedAt }),
  };
}

/**
 * Keeps what a rotation showed that this one follows. It has a token of its own, and is no end in this one's incident.
 * Rotations that began before this was kept go on without.
 */
export async function keepFollowed(
  { planDigest: _, ...input }: RotateCredentialInput,
  startedAt: number,
  { end, rotation: { state } }: Rotated,
): Promise<void> {
  if (!patched('evidence-of-followed')) return;
  await keep(closingOf({ ...input, incident: null, approval: null }, startedAt, { order: state.order, state }, end));
}

function approvalOf(ref: ApprovalRef | null): EvidenceRef | null {
  return ref === null ? null : { key: ref.key, sha256: ref.digest };
}
