import type { Client } from '@temporalio/client';

/** As in temporal.api.enums.v1.TaskQueueType. */
const queueTypes = { workflows: 1, activities: 2 } as const;

/** A poll lasts a minute; a worker that was not heard of for longer is gone. */
const aliveMs = 90_000;

/** Whether some worker takes tasks from this queue. */
export async function hasWorker(client: Client, queue: string, of: keyof typeof queueTypes): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    taskQueueType: queueTypes[of],
  });
  const since = Date.now() - aliveMs;
  return (pollers ?? []).some(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 >= since);
}
