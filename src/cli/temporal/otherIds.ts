import type { Client } from '@temporalio/client';
import type { Estate } from '../../config/estate.js';
import { isOpaqueId, type WorkflowIds } from '../../model/workflowIds.js';
import { CommandError } from '../failures.js';

const types = ['respondToIncident', 'rotateWave', 'rotateCredential', 'rotateDue'].map((type) => `'${type}'`);
const query = `ExecutionStatus = 'Running' AND WorkflowType IN (${types.join(', ')})`;
const pageSize = 1_000;

/** An open workflow whose id is of the other kind than relock.yaml says; null: there is none. It needs no key. */
export async function openUnderOtherIds(
  { workflowService, options: { namespace } }: Pick<Client, 'workflowService' | 'options'>,
  { credentials }: Pick<Estate, 'credentials'>,
  ids: WorkflowIds,
): Promise<string | null> {
  // A plain id may look like one that tells no name: whoever calls a credential so has it in relock.yaml.
  const isOther = (id: string) =>
    isOpaqueId(id) !== ids.areOpaque && !credentials.has(ids.areOpaque ? '' : id.replace(/^rotate\//, ''));
  let nextPageToken: Uint8Array | null = null;
  do {
    const page: Page = await workflowService.listWorkflowExecutions({ namespace, query, pageSize, nextPageToken });
    const found = (page.executions ?? []).map(({ execution }) => execution?.workflowId ?? '').find(isOther);
    if (found !== undefined) return found;
    nextPageToken = page.nextPageToken ?? null;
  } while (nextPageToken !== null && nextPageToken.length > 0);
  return null;
}

type Page = Awaited<ReturnType<Client['workflowService']['listWorkflowExecutions']>>;

/** Two ids for one credential would be two workflows at one record: each takes it for one that was left. */
export async function requireNoOtherIds(
  client: Pick<Client, 'workflowService' | 'options'>,
  estate: Pick<Estate, 'credentials'>,
  ids: WorkflowIds,
): Promise<void> {
  // Without an answer workers start all the same: in an incident they are what is needed, and relock check asks again.
  const found = await openUnderOtherIds(client, estate, ids).catch(() => null);
  if (found !== null) throw new CommandError(`${otherIdWords(found, ids)} No worker was started`);
}

export function otherIdWords(workflowId: string, { areOpaque }: WorkflowIds): string {
  const [is, now] = areOpaque ? ['names what it rotates', 'there'] : ['tells no name', 'not there'];
  return `workflow ${workflowId} is open and its id ${is}, but codec.opaqueIds is ${now} in relock.yaml: a credential could be rotated by two workflows at once. Put the line back as it was, start the workers, let what is open end (relock incident list; schedules: relock schedule pause), and change it then, everywhere.`;
}
