import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Stride } from '../../src/protocol/stretch.js';
import { sharedTemporal } from '../harness/shared.js';
import { type MemoryBench, memoryBench } from './memoryBench.js';
import { rotationInput } from './rotationInput.js';
import { startRotation, type TemporalBench, temporalBench } from './temporalBench.js';

let temporal: TemporalBench;
let bench: MemoryBench;

beforeAll(async () => {
  const { address, namespace } = await sharedTemporal();
  temporal = await temporalBench(address, namespace);
  bench = await memoryBench({ zone: 'dmz' });
  await temporal.startWorker(bench.estate);
  await temporal.startWorker(bench.estate, 'dmz');
});
afterAll(async () => {
  await temporal?.close();
  bench?.close();
});

it('what a target hears goes through the worker of its zone, what vaults hear through the main one', async () => {
  const handle = await startRotation(temporal.client, rotationInput(bench.estate, 'acme/svc-1'));
  expect(await handle.result()).toMatchObject({ state: 'rotated' });
  expect(stepsByQueue(await handle.fetchHistory())).toEqual([
    'change relock/dmz',
    'endSessions relock/dmz',
    'open relock',
    'probe relock/dmz',
    'promote relock',
    'stage relock',
  ]);
});

type History = Awaited<ReturnType<Awaited<ReturnType<typeof startRotation>>['fetchHistory']>>;

/** Each kind of step with the task queue of the activity that carried it out. What the workflow's own worker does is none. */
function stepsByQueue({ events }: History): readonly string[] {
  const all = events ?? [];
  const steps = all.flatMap(({ activityTaskCompletedEventAttributes: ended }) => {
    const scheduled = all.find(({ eventId }) => `${eventId}` === `${ended?.scheduledEventId}`);
    const { activityType, taskQueue } = scheduled?.activityTaskScheduledEventAttributes ?? {};
    if (activityType?.name !== 'carryOn') return activityType?.name ? [`${activityType.name} ${taskQueue?.name}`] : [];
    const data = ended?.result?.payloads?.[0]?.data ?? new Uint8Array();
    const strides: readonly Stride[] = JSON.parse(Buffer.from(data).toString('utf8'));
    return strides.flatMap(({ observations }) => observations.map((seen) => `${seen.of} ${taskQueue?.name}`));
  });
  return [...new Set(steps)].sort();
}
