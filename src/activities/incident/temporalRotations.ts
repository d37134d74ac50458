import { Context, getClient } from '@temporalio/activity';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Join } from '../../model/plan.js';
import { rotationWorkflowId } from '../../model/workflowIds.js';
import type { RotationResult } from '../../workflows/messages.js';
import type { RunningRotations } from './incidentActivities.js';

/** The rotations of the Temporal namespace that the activity itself runs in. */
export const temporalRotations: RunningRotations = {
  async join(credential, join) {
    const handle = getClient().workflow.getHandle(rotationWorkflowId(credential));
    try {
      return await handle.executeUpdate<{ token: string }, [Join]>('join', { args: [join] });
    } catch (error) {
      if (error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError) return null;
      throw error;
    }
  },

  async result(credential) {
    const result: Promise<RotationResult> = getClient().workflow.getHandle(rotationWorkflowId(credential)).result();
    return Promise.race([result, Context.current().cancelled]);
  },
};
