import { afterAll, beforeAll, expect, it } from 'vitest';
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
  const { events } = await handle.fetchHistory();
  const scheduled = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: task }) =>
    task == null ? [] : [`${task.activityType?.name} ${task.taskQueue?.name}`],
  );
  expect([...new Set(scheduled)].sort()).toEqual([
    'change relock/dmz',
    'endSessions relock/dmz',
    'finish relock',
    'open relock',
    'probe relock/dmz',
    'promote relock',
    'recordResult relock',
    'stage relock',
  ]);
});
