/** Workflows, vault steps and targets without a zone. */
export const mainTaskQueue = 'relock';

/** Where a target's steps wait for a worker that can reach it. */
export function taskQueueOf(zone: string | null): string {
  return zone === null ? mainTaskQueue : `${mainTaskQueue}/${zone}`;
}
