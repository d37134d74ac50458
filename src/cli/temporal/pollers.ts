import type { Client } from '@temporalio/client';
import { configInIdentity, idsInIdentity, keysInIdentity } from '../../codec/workerIdentity.js';

/** As in temporal.api.enums.v1.TaskQueueType. */
const queueTypes = { workflows: 1, activities: 2 } as const;

/** A poll lasts a minute; a worker that was not heard of for longer is gone. */
const aliveMs = 90_000;

/** Whether some worker takes tasks from this queue. */
export async function hasWorker(client: Client, queue: string, of: keyof typeof queueTypes): Promise<boolean> {
  return (await workersOf(client, queue, of)).length > 0;
}

/** Names of the keys of each worker that says so in its identity. */
export async function workersKeys(
  client: Client,
  queue: string,
  of: keyof typeof queueTypes = 'workflows',
): Promise<readonly (readonly string[])[]> {
  return keysOf(await workersOf(client, queue, of));
}

/** Names of the keys of each of these workers that says so. */
export function keysOf(identities: readonly string[]): readonly (readonly string[])[] {
  return identities.flatMap((identity) => keysInIdentity(identity) ?? []).map((names) => [names]);
}

/** How each of them that says so calls workflows: the fingerprint of its key of ids, or null. */
export function idsOf(identities: readonly string[]): readonly (string | null)[] {
  return identities.filter((identity) => keysInIdentity(identity) !== null).map(idsInIdentity);
}

/** Fingerprints of the relock.yaml of each of them that says so. */
export function configsOf(identities: readonly string[]): readonly string[] {
  return identities.map(configInIdentity).filter((config) => config !== null);
}

/** Identities of those that take tasks from this queue. */
export async function workersOf(
  client: Client,
  queue: string,
  of: keyof typeof queueTypes = 'workflows',
): Promise<readonly string[]> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    taskQueueType: queueTypes[of],
  });
  const since = Date.now() - aliveMs;
  const alive = (pollers ?? []).filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 >= since);
  return alive.map(({ identity }) => identity ?? '');
}
