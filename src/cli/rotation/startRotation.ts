import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { RotationOrder, RotationPlan } from '../../model/plan.js';
import { printable } from '../../model/printable.js';
import { incidentNameOf } from '../../model/workflowIds.js';
import { workflowIdOf } from '../../workflows/messages.js';
import type { rotateCredential } from '../../workflows/rotateCredential.js';
import { mainTaskQueue } from '../../workflows/taskQueues.js';
import { CommandError } from '../failures.js';
import { planLines } from './planLines.js';

/** Starts a rotation; one that runs already keeps the credential, and the failure says whose it is. */
export async function startRotation(client: Client, order: RotationOrder, startedBy: string): Promise<void> {
  const { credential } = order.plan;
  try {
    await client.workflow.start<typeof rotateCredential>('rotateCredential', {
      workflowId: workflowIdOf(order.plan),
      taskQueue: mainTaskQueue,
      workflowIdConflictPolicy: 'FAIL',
      args: [{ order, incident: null, reportTo: null, from: null }],
      memo: { startedBy },
      staticSummary: `rotation of ${credential}`.slice(0, 200),
      staticDetails: planLines(order).join('\n'),
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      throw new CommandError(await heldMessage(client, order.plan));
    throw new CommandError(
      `the Temporal server did not start the rotation of ${credential}; nothing was touched. See that the namespace ${client.options.namespace} exists there (TEMPORAL_NAMESPACE) and that this login may start workflows`,
    );
  }
}

async function heldMessage(client: Client, plan: RotationPlan): Promise<string> {
  const { credential } = plan;
  const id = workflowIdOf(plan);
  const { startTime, memo, raw } = await client.workflow.getHandle(id).describe();
  const parent = raw.workflowExecutionInfo?.parentExecution?.workflowId;
  const memoed: unknown = memo?.startedBy;
  const by = typeof memoed === 'string' ? memoed : await nameOfParent(client, parent);
  return [
    `${credential} is being rotated already: workflow ${id}, started ${startTime.toISOString()} by ${printable(by)}; nothing was touched.`,
    `Wait for it to end and try again, or stop it: temporal workflow cancel --workflow-id ${id}`,
  ].join(' ');
}

/** A wave is known by its incident's name, where Temporal tells it. */
async function nameOfParent(client: Client, parent: string | null | undefined): Promise<string> {
  if (parent == null) return 'another client';
  const [incident = '', wave] = parent.split('/wave-');
  if (wave === undefined) return parent;
  const described = await client.workflow
    .getHandle(incident)
    .describe()
    .catch(() => null);
  return described === null ? parent : `${incidentNameOf(described)}/wave-${wave}`;
}
