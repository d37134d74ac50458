import { getExternalWorkflowHandle, log, proxyActivities } from '@temporalio/workflow';
import type { RecordResult } from '../activities/recordResult.js';
import type { End } from '../protocol/commands.js';
import type { Rotation } from '../protocol/rotate.js';
import { activityOptions } from './activityOptions.js';
import {
  type ReportTo,
  type RotateCredentialInput,
  type RotationReport,
  type RotationResult,
  reportSignal,
} from './messages.js';

/** Tells the wave. One that is gone needs no report: what it would do, its incident finds in the artifact store. */
export async function report(to: ReportTo | null, what: RotationReport): Promise<void> {
  if (to === null) return;
  try {
    await getExternalWorkflowHandle(to.workflowId).signal(reportSignal, what);
  } catch {
    log.info('the wave that wanted this report is gone', { kind: what.kind });
  }
}

/** Writes the result down, then tells it. A store that stays away does not keep the rotation from ending: the workflow's own result says the same. */
export async function closeWith(result: RotationResult, to: ReportTo | null): Promise<RotationResult> {
  const { recordResult } = proxyActivities<RecordResult>({ ...activityOptions.recordResult });
  try {
    await recordResult(result);
  } catch {
    log.warn('the result could not be written to the artifact store', { credential: result.credential });
  }
  await report(to, { kind: 'ended', credential: result.credential, result });
  return result;
}

export function resultOf(
  input: RotateCredentialInput,
  startedAt: number,
  rotation: Rotation,
  end: End,
): RotationResult {
  const { state, reason, flags, open } = end;
  return {
    credential: input.order.plan.credential,
    incident: input.incident,
    token: rotation.order.token,
    state,
    reason,
    flags,
    open,
    startedAt,
    endedAt: Date.now(),
  };
}
