import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { incidentNameOf, type WorkflowIds } from '../../model/workflowIds.js';

/** An incident, and what its workflow is called in Temporal. */
export interface IncidentRef {
  /** `incident/<vendor>/<key>`. */
  readonly name: string;
  readonly workflowId: string;
}

export function incidentRef(name: string, ids: WorkflowIds): IncidentRef {
  return { name, workflowId: ids.incident(name) };
}

/** As relock.yaml calls it; one that was opened under an id of the other kind as it was called then. */
export async function foundIncident(client: Client, ids: WorkflowIds, name: string): Promise<IncidentRef> {
  const usual = incidentRef(name, ids);
  if (!(await isUnknown(client, usual))) return usual;
  for await (const workflow of client.workflow.list({ query: incidentsQuery }))
    if (incidentNameOf(workflow) === name) return { name, workflowId: workflow.workflowId };
  return usual;
}

export const incidentsQuery = "WorkflowType = 'respondToIncident'";

/** Only when Temporal says so: a server that is away for a moment is asked again by those who can wait for it. */
async function isUnknown(client: Client, { workflowId }: IncidentRef): Promise<boolean> {
  const answer = client.workflow.getHandle(workflowId).describe();
  return answer.then(
    () => false,
    (error: unknown) => error instanceof WorkflowNotFoundError,
  );
}
