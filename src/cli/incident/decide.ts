import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Approval, Closing, IncidentProgress } from '../../workflows/incidentMessages.js';
import { CommandError } from '../failures.js';
import { unknownIncident } from './follow.js';
import type { IncidentRef } from './incidentRef.js';

export type Decision = 'approve' | 'deny' | 'pause' | 'resume' | 'abort' | 'close';

/** Sends a person's decision; a refusal says why, and nothing was changed. */
export async function decide(
  client: Client,
  incident: IncidentRef,
  decision: Decision,
  input?: Approval | Closing,
): Promise<IncidentProgress> {
  const handle = client.workflow.getHandle(incident.workflowId);
  try {
    if (input === undefined) return await handle.executeUpdate<IncidentProgress, []>(decision);
    return await handle.executeUpdate<IncidentProgress, [Approval | Closing]>(decision, { args: [input] });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw unknownIncident(incident);
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
      throw new CommandError(`${incident.name}: ${error.cause.message}`, 'badInput');
    }
    throw error;
  }
}
