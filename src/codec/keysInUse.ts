import type { Client } from '@temporalio/client';
import { keyNamesIn } from './sealed.js';

/** Names of keys, and for each how many workflows and schedules cannot be read without it. */
export type KeysInUse = ReadonlyMap<string, number>;

/** Reads everything that the namespace keeps, without any key. Throws when the server does not answer. */
export async function keysInUse(client: Client): Promise<KeysInUse> {
  const found = new Map<string, number>();
  const count = (names: ReadonlySet<string>) => {
    for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
  };
  for await (const { workflowId, runId } of client.workflow.list()) count(await keysOfRun(client, workflowId, runId));
  const { namespace } = client.options;
  for await (const { scheduleId } of client.schedule.list())
    count(new Set(keyNamesIn(await client.workflowService.describeSchedule({ namespace, scheduleId }))));
  return found;
}

async function keysOfRun(client: Client, workflowId: string, runId: string): Promise<ReadonlySet<string>> {
  const asked = { namespace: client.options.namespace, execution: { workflowId, runId } };
  const names = new Set<string>(keyNamesIn(await client.workflowService.describeWorkflowExecution(asked)));
  let nextPageToken: Uint8Array | null = null;
  do {
    const page = await historyPage(client, { ...asked, nextPageToken });
    for (const name of keyNamesIn(page.history)) names.add(name);
    nextPageToken = page.nextPageToken ?? null;
  } while (nextPageToken !== null && nextPageToken.length > 0);
  return names;
}

type Asked = Parameters<Client['workflowService']['getWorkflowExecutionHistory']>[0];

function historyPage(client: Client, asked: Asked) {
  return client.workflowService.getWorkflowExecutionHistory(asked);
}
