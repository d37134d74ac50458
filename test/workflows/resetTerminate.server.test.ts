import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findOpenRecords } from '../../src/recover/findOpenRecords.js';
import { finishRecord } from '../../src/recover/finishRecord.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { rotationWorkflowId } from '../../src/workflows/messages.js';
import { sharedTemporal } from '../harness/shared.js';
import { gateAt } from './gate.js';
import { type MemoryBench, memoryBench } from './memoryBench.js';
import { resetToStart } from './reset.js';
import { rotationInput } from './rotationInput.js';
import { startRotation, type TemporalBench, temporalBench } from './temporalBench.js';

let temporal: TemporalBench;
let bench: MemoryBench;
let used = 0;

beforeAll(async () => {
  const { address, namespace } = await sharedTemporal();
  temporal = await temporalBench(address, namespace);
  bench = await memoryBench({ credentials: 4 });
  await temporal.startWorker(bench.estate);
});
afterAll(async () => {
  await temporal?.close();
  bench?.close();
});
beforeEach(() => {
  bench.meddling = {};
});

function fresh() {
  used += 1;
  return { id: `acme/svc-${used}`, devices: [`dev-${used}-a`, `dev-${used}-b`] as const };
}

async function expectWhole(id: string, devices: readonly string[]): Promise<void> {
  const current = await bench.secretOf(id);
  for (const device of devices) expect(bench.device(device).accepts('svc', current)).toBe(true);
}

const clock = { now: Date.now, signal: () => new AbortController().signal };
const context = () => ({ signal: clock.signal(), deadline: Date.now() + 5_000 });

async function openRecordOf(id: string) {
  return (await findOpenRecords(bench.estate, context)).find(({ entry }) => entry?.id === id);
}

describe('who may reset and terminate in Temporal', () => {
  it('terminates a rotation in the middle: no undo runs, the record tells the rest, and recover finishes it', async () => {
    const { id, devices } = fresh();
    const old = await bench.secretOf(id);
    const gate = gateAt(bench, 'before', 'change', devices[1]);
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, id));
    await gate.reached;
    await handle.terminate('a test');
    gate.open();
    const left = await openRecordOf(id);
    if (left?.entry == null) throw new Error('no record was left');
    expect(left.record.mayBeAt).toMatchObject({ [left.record.base ?? '']: [...devices] });
    expect(await bench.secretOf(id)).toEqual(old);
    const quiet = { clock, onStep: () => undefined, onWait: () => undefined };
    expect(await finishRecord(bench.estate, left.entry, left.record, quiet)).toMatchObject({
      result: { state: 'rotated' },
    });
    await expectWhole(id, devices);
    expect(await openRecordOf(id)).toBe(undefined);
  });

  it('terminates one, and the next rotation of the credential begins by finishing it', async () => {
    const { id, devices } = fresh();
    const old = await bench.secretOf(id);
    const gate = gateAt(bench, 'before', 'change', devices[1]);
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, id));
    await gate.reached;
    await handle.terminate('a test');
    gate.open();
    const next = await startRotation(temporal.client, rotationInput(bench.estate, id, { attempt: 2 }));
    expect(await next.result()).toMatchObject({ state: 'rotated', open: false });
    await expectWhole(id, devices);
    for (const device of devices) expect(bench.device(device).accepts('svc', old)).toBe(false);
  });

  it('resets a rotation that ended: it changes nothing any more', async () => {
    const { id, devices } = fresh();
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, id));
    expect(await handle.result()).toMatchObject({ state: 'rotated' });
    const current = await bench.secretOf(id);
    const runId = await resetToStart(temporal, rotationWorkflowId(id));
    const again = await temporal.client.workflow.getHandle(rotationWorkflowId(id), runId).result();
    expect(again).toMatchObject({ open: false });
    expect(await bench.secretOf(id)).toEqual(current);
    await expectWhole(id, devices);
  });

  it('resets a rotation in the middle: the new run goes on from the record, with the same candidate', async () => {
    const { id, devices } = fresh();
    const gate = gateAt(bench, 'before', 'change', devices[1]);
    await startRotation(temporal.client, rotationInput(bench.estate, id));
    await gate.reached;
    const before = await openRecordOf(id);
    const runId = await resetToStart(temporal, rotationWorkflowId(id));
    gate.open();
    const result = await waitUntil(() => temporal.client.workflow.getHandle(rotationWorkflowId(id), runId).result(), {
      what: 'the new run',
      timeoutMs: 40_000,
    });
    expect(result).toMatchObject({ state: 'rotated', open: false });
    expect(before?.record.candidate).not.toBe(null);
    await expectWhole(id, devices);
  });
});
