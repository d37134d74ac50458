import { randomUUID } from 'node:crypto';
import type { TemporalBench } from './temporalBench.js';

/** Resets a workflow to its first task, as an operator may in the Temporal UI. Gives the new run's id. */
export async function resetToStart({ client, namespace }: TemporalBench, workflowId: string): Promise<string> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const first = events?.find(({ workflowTaskCompletedEventAttributes: done }) => done != null);
  if (first?.eventId == null) throw new Error(`${workflowId} has done nothing yet`);
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId },
    workflowTaskFinishEventId: first.eventId,
    requestId: randomUUID(),
    reason: 'a test',
  });
  return runId;
}
