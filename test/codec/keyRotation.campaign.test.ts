import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCodecServer } from '../../src/codec/codecServer.js';
import { encryptingConverter } from '../../src/codec/dataConverter.js';
import { decodeLog } from '../../src/codec/decodeLog.js';
import { EncryptingCodec } from '../../src/codec/encryptingCodec.js';
import { addKey, makeKeyFile, readKeyFile, useKey } from '../../src/codec/keyFile.js';
import type { KeyRing } from '../../src/codec/keyRing.js';
import { keysInUse } from '../../src/codec/keysInUse.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { workflowsPath } from '../../src/workflows/bundle/source.js';
import { progressQuery } from '../../src/workflows/messages.js';
import { runRelock } from '../cli/runRelock.js';
import { type MemoryBench, memoryBench } from '../workflows/memoryBench.js';
import { ownTemporal } from '../workflows/ownTemporal.js';
import { rotationInput } from '../workflows/rotationInput.js';
import { startRotation, temporalBench } from '../workflows/temporalBench.js';

let bench: MemoryBench;
let server: Awaited<ReturnType<typeof ownTemporal>>;
let keyFile: string;

beforeAll(async () => {
  [bench, server] = await Promise.all([memoryBench({ credentials: 2 }), ownTemporal()]);
  keyFile = join(bench.folder, '.relock', 'codec.keys');
  makeKeyFile(keyFile, 0);
  const configuration = [
    'vaults: { local: { driver: file, path: ./vault, identityFile: ./relock.yaml } }',
    'artifacts: { driver: folder, path: ./evidence }',
  ];
  writeFileSync(join(bench.folder, 'relock.yaml'), configuration.join('\n'));
});

afterAll(async () => {
  await server?.stop();
  bench?.close();
});

function ring(): KeyRing {
  const found = readKeyFile(keyFile);
  if (found === 'missing') throw new Error('no key ring');
  return found;
}

const relock = (...args: string[]) => runRelock(bench.folder, args, { TEMPORAL_ADDRESS: server.address });

describe('the key is changed while a rotation is under way', () => {
  it('it ends under the new key; its history, written with both, is read and replayed; no key goes too early', async () => {
    const first = ring().newest;
    const straggler = bench.device('dev-1-b');
    straggler.reachable = false;
    const before = await temporalBench(server.address, 'default', ring());
    const oldWorker = await before.startWorker(bench.estate);
    const handle = await startRotation(before.client, rotationInput(bench.estate, 'acme/svc-1'));
    const parked = async () => ((await handle.query(progressQuery)).parked === null ? undefined : true);
    await waitUntil(parked, { what: 'the parking of the rotation', timeoutMs: 60_000 });

    addKey(keyFile, Date.now());
    const [second = ''] = ring().names;
    const early = await relock('codec', 'use-key', second);
    expect(early).toMatchObject({ code: 2 });
    expect(early.stderr).toMatch(/1 of 1 workers do not have the key .* nothing was changed/);
    expect(ring().newest).toBe(first);

    await oldWorker.stop();
    const middle = await temporalBench(server.address, 'default', ring());
    const bothWorker = await middle.startWorker(bench.estate);
    useKey(keyFile, second);
    const after = await temporalBench(server.address, 'default', ring());
    const newWorker = await after.startWorker(bench.estate);
    await bothWorker.stop();
    straggler.reachable = true;
    const same = after.client.workflow.getHandle(handle.workflowId);
    expect(await same.result()).toMatchObject({ state: 'rotated' });

    const needed = await keysInUse(after.client);
    expect([...needed.keys()].sort()).toEqual([first, second].sort());
    const histories = await historiesOf(after.client);
    const options = { workflowsPath, dataConverter: encryptingConverter(ring()) };
    const named = histories.map((history) => ({ workflowId: handle.workflowId, history }));
    for await (const { error } of Worker.runReplayHistories(options, named)) expect(error).toBeUndefined();

    const refused = await relock('codec', 'remove-key', first);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toMatch(
      /\d workflows or schedules in Temporal can only be read with the key .* nothing was changed/,
    );
    expect(ring().names).toEqual([first, second]);
    const listed = JSON.parse((await relock('codec', 'list', '--json')).stdout);
    expect(listed).toMatchObject({
      keys: [
        { name: first, encrypts: false, neededBy: needed.get(first) },
        { name: second, encrypts: true, neededBy: needed.get(second) },
      ],
      missing: [],
    });
    await uiReads(histories);
    for (const each of [before, middle, after]) await each.close();
    await newWorker.stop().catch(() => undefined);
  }, 300_000);

  it('a key that nothing needs goes', async () => {
    addKey(keyFile, Date.now());
    const [unused = ''] = ring().names;
    expect(await relock('codec', 'remove-key', unused)).toMatchObject({ code: 0 });
    expect(ring().names).not.toContain(unused);
  });
});

/** A parked rotation begins a run of its own each time that it looks: all of them, from the first key to the second. */
async function historiesOf(client: Client): Promise<readonly Awaited<ReturnType<WorkflowHandle['fetchHistory']>>[]> {
  const found = [];
  for await (const { workflowId, runId } of client.workflow.list())
    found.push(await client.workflow.getHandle(workflowId, runId).fetchHistory());
  return found;
}

/** As the Temporal UI asks: every payload of the histories, by the codec server. */
async function uiReads(history: unknown): Promise<void> {
  const log = decodeLog(join(bench.folder, 'decode.log'), Date.now);
  const codec = await startCodecServer({ codec: new EncryptingCodec(ring()), origins: [], log });
  const payloads = payloadsIn(history);
  const body = JSON.stringify({ payloads: payloads.map(jsonOf) });
  const answer = await fetch(`${codec.endpoint}/decode`, { method: 'POST', body });
  const text = await answer.text();
  await codec.close();
  expect(answer.status).toBe(200);
  expect(payloads.length).toBeGreaterThan(5);
  expect(text).not.toContain(Buffer.from('binary/relock').toString('base64').slice(0, -4));
}

interface Encoded {
  readonly metadata: Readonly<Record<string, Uint8Array>>;
  readonly data: Uint8Array;
}

function payloadsIn(value: unknown): readonly Encoded[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  if (isEncoded(value)) return [value];
  return Object.values(value).flatMap(payloadsIn);
}

function isEncoded(value: object): value is Encoded {
  return 'metadata' in value && 'data' in value && value.data instanceof Uint8Array;
}

function jsonOf({ metadata, data }: Encoded) {
  const entries = Object.entries(metadata).map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data).toString('base64') };
}
