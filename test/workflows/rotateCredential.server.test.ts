import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriverError } from '../../src/model/errors.js';
import { begin } from '../../src/protocol/state.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import {
  joinUpdate,
  progressQuery,
  type RotateCredentialInput,
  type RotationResult,
} from '../../src/workflows/messages.js';
import { LeakScan } from '../leaks/leakScan.js';
import { filesBelow, historiesOf } from '../leaks/places.js';
import { gateAt, loseAnswer } from './gate.js';
import { type MemoryBench, memoryBench } from './memoryBench.js';
import { ownTemporal } from './ownTemporal.js';
import { rotationInput } from './rotationInput.js';
import { startRotation, type TemporalBench, temporalBench } from './temporalBench.js';

let server: Awaited<ReturnType<typeof ownTemporal>>;
let temporal: TemporalBench;
let bench: MemoryBench;

beforeAll(async () => {
  server = await ownTemporal();
  temporal = await temporalBench(server.address, 'default');
  bench = await memoryBench({ credentials: 20 });
  await temporal.startWorker(bench.estate);
});
afterAll(async () => {
  await temporal?.close();
  await server?.stop();
  bench?.close();
});

let taken = 0;

/** A credential that no other test touches. */
function fresh(): { id: string; first: string; second: string } {
  taken += 1;
  return { id: `acme/svc-${taken}`, first: `dev-${taken}-a`, second: `dev-${taken}-b` };
}

const lostReply = (target: string) =>
  new DriverError({ code: 'Timeout', effect: 'unknown', driver: 'memory', subject: target, message: 'no answer' });

describe('rotateCredential', () => {
  it('ends rotated: readers get the new secret, the old one opens nothing, the result is written down', async () => {
    const { id, first, second } = fresh();
    const input = rotationInput(bench.estate, id);
    const old = await bench.secretOf(id);
    const handle = await startRotation(temporal.client, input);
    const result = await handle.result();
    expect(result).toMatchObject({ state: 'rotated', reason: null, open: false, flags: { exposed: false } });
    const current = await bench.secretOf(id);
    for (const device of [first, second]) {
      expect(bench.device(device).accepts('svc', current)).toBe(true);
      expect(bench.device(device).accepts('svc', old)).toBe(false);
    }
    expect(resultFile(id, input)).toMatchObject({
      ...result,
      evidence: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('cancelled before readers have the new secret: puts the old one back, says so, and completes', async () => {
    const { id, first, second } = fresh();
    const old = await bench.secretOf(id);
    const gate = gateAt(bench, 'before', 'change', second);
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, id));
    await gate.reached;
    await handle.cancel();
    gate.open();
    expect(await handle.result()).toMatchObject({ state: 'rolledBack', reason: 'cancelled', open: false });
    expect((await handle.describe()).status.name).toBe('COMPLETED');
    for (const device of [first, second]) expect(bench.device(device).accepts('svc', old)).toBe(true);
  });

  it('cancelled after readers have the new secret: goes forward to the end', async () => {
    const { id, first } = fresh();
    const gate = gateAt(bench, 'before', 'endSessions', first);
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, id));
    await gate.reached;
    await handle.cancel();
    gate.open();
    expect(await handle.result()).toMatchObject({ state: 'rotated', open: false });
  });

  it('a lost reply is neither success nor failure: it waits out the order, looks, and ends rotated', async () => {
    const { id, first } = fresh();
    loseAnswer(bench, 'change', first, lostReply(first));
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, id));
    const result = await handle.result();
    expect(result).toMatchObject({ state: 'rotated' });
    expect(result.endedAt - result.startedAt).toBeGreaterThanOrEqual(bench.estate.timing.effectMs - 100);
  });

  it('the same credential is not rotated twice at once', async () => {
    const { id, first } = fresh();
    const gate = gateAt(bench, 'before', 'change', first);
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, id));
    await gate.reached;
    await expect(startRotation(temporal.client, rotationInput(bench.estate, id, { attempt: 2 }))).rejects.toThrow(
      /already started/i,
    );
    gate.open();
    expect(await handle.result()).toMatchObject({ state: 'rotated' });
  });

  it('the Temporal server crashes and comes back in the middle: the rotation goes on', async () => {
    const { id, first } = fresh();
    const gate = gateAt(bench, 'before', 'change', first);
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, id));
    await gate.reached;
    await server.crashAndReturn();
    gate.open();
    const result = await waitUntil(() => handle.result(), { what: 'the end of the rotation', timeoutMs: 50_000 });
    expect(result.state).toBe('rotated');
  });
});

describe('an incident joins a rotation under way', () => {
  it('an undo under way ends, and the rotation goes forward', async () => {
    const { id, first } = fresh();
    const old = await bench.secretOf(id);
    const gate = gateAt(bench, 'before', 'change', first);
    const input = rotationInput(bench.estate, id);
    const handle = await startRotation(temporal.client, input);
    await gate.reached;
    await handle.cancel();
    const joined = await handle.executeUpdate(joinUpdate, { args: [{ policy: 'forward', cleanAfter: 0 }] });
    expect(joined).toEqual({ token: input.order.token });
    gate.open();
    expect(await handle.result()).toMatchObject({ state: 'rotated', token: input.order.token });
    expect(bench.device(first).accepts('svc', old)).toBe(false);
  });

  it('a candidate older than the clean point is rotated once more', async () => {
    const { id, first } = fresh();
    const gate = gateAt(bench, 'before', 'change', first);
    const input = rotationInput(bench.estate, id);
    const handle = await startRotation(temporal.client, input);
    await gate.reached;
    await handle.executeUpdate(joinUpdate, { args: [{ policy: 'forward', cleanAfter: Date.now() }] });
    gate.open();
    const result = await handle.result();
    expect(result).toMatchObject({ state: 'rotated' });
    expect(result.token).not.toBe(input.order.token);
  });

  it('is refused once the rotation has ended', async () => {
    const { id } = fresh();
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, id));
    await handle.result();
    const late = handle.executeUpdate(joinUpdate, { args: [{ policy: 'forward', cleanAfter: 0 }] });
    await expect(late).rejects.toThrow(/already completed/);
  });

  it('is refused when it does not say what it must', async () => {
    const { id, first } = fresh();
    const gate = gateAt(bench, 'before', 'change', first);
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, id));
    await gate.reached;
    const wrong = handle.executeUpdate('join', { args: [{ policy: 'restore', cleanAfter: 0 }] });
    await expect(wrong).rejects.toThrow(WorkflowUpdateFailedError);
    gate.open();
    expect(await handle.result()).toMatchObject({ state: 'rotated' });
  });
});

describe('what the wave hears', () => {
  it('parked and ended; a straggler that comes back is finished in a later run of the workflow', async () => {
    const { id, second } = fresh();
    const mailbox = await openMailbox(`mailbox/${id}`);
    bench.device(second).reachable = false;
    const input = rotationInput(bench.estate, id, { reportTo: mailbox.workflowId });
    const handle = await startRotation(temporal.client, input);
    const { runId: firstRunId } = await handle.describe();
    const parked = async () => ((await handle.query(progressQuery)).parked === 'straggler' ? true : undefined);
    await waitUntil(parked, { what: 'the parking of a rotation', timeoutMs: 20_000 });
    bench.device(second).reachable = true;
    const result = await handle.result();
    expect(result).toMatchObject({ state: 'rotated' });
    const { runId } = await temporal.client.workflow.getHandle(handle.workflowId).describe();
    expect(runId).not.toBe(firstRunId);
    expect(await reportsTo(mailbox.workflowId)).toEqual([
      { kind: 'parked', credential: id, reason: 'straggler' },
      { kind: 'ended', credential: id, result },
    ]);
  });

  it('a wave that is gone does not keep a rotation from ending', async () => {
    const { id } = fresh();
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, id, { reportTo: 'wave/gone' }));
    expect(await handle.result()).toMatchObject({ state: 'rotated' });
  });

  it('a bug of ours fails the workflow for all to see, and the wave hears "unverified"', async () => {
    const { id } = fresh();
    const mailbox = await openMailbox(`mailbox/${id}`);
    const input = rotationInput(bench.estate, id, { reportTo: mailbox.workflowId });
    const state = JSON.parse(JSON.stringify({ ...begin(input.order, Date.now()), phase: 'nowhere' }));
    const handle = await startRotation(temporal.client, { ...input, from: { state, startedAt: 1, parked: null } });
    await expect(handle.result()).rejects.toThrow(/failed/);
    expect((await handle.describe()).status.name).toBe('FAILED');
    expect(await reportsTo(mailbox.workflowId)).toMatchObject([
      { kind: 'ended', result: { state: 'unverified', reason: 'bug', open: true } },
    ]);
  });
});

it('no secret is in any history, nor in a file of the server (I3)', async () => {
  const currents = await Promise.all([...bench.estate.credentials.keys()].map((id) => bench.secretOf(id)));
  const secrets = [...bench.canaries, ...currents.map((secret) => secret.reveal('password'))];
  expect(secrets.length).toBeGreaterThan(40);
  const scan = new LeakScan({ ...Object.fromEntries(secrets.entries()), control: 'acme/svc-1' });
  const found = scan.findings([...(await historiesOf(temporal.client)), ...filesBelow(server.folder, 'the server')]);
  expect(found.filter((finding) => !finding.startsWith('control'))).toEqual([]);
  expect(found).toContain('control (plain) in the server: temporal.db');
  expect(found).toContain('control (plain) in the history of rotate/acme/svc-1');
});

/** A workflow that nobody works on: signals wait in its history. */
function openMailbox(workflowId: string) {
  return temporal.client.workflow.start('mailbox', { workflowId, taskQueue: 'nobody', args: [] });
}

async function reportsTo(workflowId: string): Promise<readonly unknown[]> {
  const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap((event) => {
    const payload = event.workflowExecutionSignaledEventAttributes?.input?.payloads?.[0];
    const value: unknown = payload?.data == null ? null : JSON.parse(Buffer.from(payload.data).toString('utf8'));
    return payload == null ? [] : [value];
  });
}

function resultFile(id: string, { order }: RotateCredentialInput): RotationResult {
  return JSON.parse(readFileSync(join(bench.folder, 'evidence/results/single', id, `${order.token}.json`), 'utf8'));
}
