import { Context, getClient } from '@temporalio/activity';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Join } from '../../model/plan.js';
import type { RotationResult } from '../../workflows/messages.js';
import type { RunningRotations } from './incidentActivities.js';

/** The rotations of the Temporal namespace that the activity itself runs in. */
export const temporalRotations: RunningRotations = {
  async join(workflowId, join) {
    const handle = getClient().workflow.getHandle(workflowId);
    try {
      return await handle.executeUpdate<{ token: string }, [Join]>('join', { args: [join] });
    } catch (error) {
      if (error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError) return null;
      throw error;
    }
  },

  async result(workflowId) {
    const result: Promise<RotationResult> = getClient().workflow.getHandle(workflowId).result();
    return Promise.race([result, Context.current().cancelled]);
  },
};
