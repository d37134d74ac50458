import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Approval, IncidentProgress } from '../../workflows/incidentMessages.js';
import { CommandError } from '../failures.js';
import { unknownIncident } from './follow.js';

export type Decision = 'approve' | 'deny' | 'pause' | 'resume' | 'abort';

/** Sends a person's decision; a refusal says why, and nothing was changed. */
export async function decide(
  client: Client,
  incident: string,
  decision: Decision,
  approval?: Approval,
): Promise<IncidentProgress> {
  const handle = client.workflow.getHandle(incident);
  try {
    if (approval === undefined) return await handle.executeUpdate<IncidentProgress, []>(decision);
    return await handle.executeUpdate<IncidentProgress, [Approval]>(decision, { args: [approval] });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw unknownIncident(incident);
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
      throw new CommandError(`${incident}: ${error.cause.message}`, 'badInput');
    }
    throw error;
  }
}
