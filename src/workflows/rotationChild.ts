import { type ChildWorkflowHandle, ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { type RotateCredentialInput, type RotationResult, workflowIdOf } from './messages.js';
import type { rotateCredential } from './rotateCredential.js';

/** What a starter says; it is told itself how the rotation goes. */
export type ChildOrder = Omit<RotateCredentialInput, 'reportTo' | 'from'>;

/** Starts a rotation that outlives its starter; `held`: one of that credential is under way already. */
export async function startRotationChild(
  order: ChildOrder,
): Promise<ChildWorkflowHandle<typeof rotateCredential> | 'held'> {
  const args: RotateCredentialInput = { ...order, reportTo: { workflowId: workflowInfo().workflowId }, from: null };
  const workflowId = workflowIdOf(order.order.plan);
  try {
    const parentClosePolicy = ParentClosePolicy.ABANDON;
    return await startChild<typeof rotateCredential>('rotateCredential', {
      workflowId,
      args: [args],
      parentClosePolicy,
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError') return 'held';
    throw error;
  }
}

/** A rotation that was terminated tells nothing: nobody knows what it left. */
export function unknownEnd({ order, incident }: ChildOrder): RotationResult {
  return {
    credential: order.plan.credential,
    incident,
    token: order.token,
    state: 'unverified',
    reason: 'bug',
    flags: { exposed: true, stale: [], unsaved: [] },
    open: true,
    startedAt: workflowInfo().startTime.getTime(),
    endedAt: Date.now(),
  };
}
