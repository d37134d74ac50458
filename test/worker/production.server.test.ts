import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readyOf } from '../../src/health/workerHealth.js';
import { RelockMetrics } from '../../src/metrics/relockMetrics.js';
import { watch } from '../../src/metrics/watch.js';
import { plainIds } from '../../src/model/workflowIds.js';
import { freePort } from '../../src/servers/freePort.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { createRelockWorker } from '../../src/worker.js';
import { bundleWorkflows } from '../../src/workflows/bundle/bundle.js';
import { sharedTemporal } from '../harness/shared.js';
import { gateAt } from '../workflows/gate.js';
import { type MemoryBench, memoryBench } from '../workflows/memoryBench.js';
import { rotationInput } from '../workflows/rotationInput.js';
import { scheduleCli } from '../workflows/schedule.js';
import { startRotation, type TemporalBench, temporalBench } from '../workflows/temporalBench.js';

let place: { address: string; namespace: string };
let temporal: TemporalBench;
let connection: NativeConnection;
let bench: MemoryBench;
let workflowBundle: { code: string };

beforeAll(async () => {
  place = await sharedTemporal();
  temporal = await temporalBench(place.address, place.namespace);
  connection = await NativeConnection.connect({ address: place.address });
  bench = await memoryBench({ credentials: 4, everyDays: 30 });
  workflowBundle = await bundleWorkflows({ encrypts: false });
});
afterAll(async () => {
  await temporal?.close();
  await connection?.close();
  bench?.close();
});

const workerWith = (more: Partial<Parameters<typeof createRelockWorker>[1]>) =>
  createRelockWorker(bench.estate, {
    zone: null,
    connection,
    namespace: place.namespace,
    workflowBundle,
    ...more,
  });

describe('a worker in production', () => {
  it('counts what it does, without a name of anything; it is not ready while it drains, and ends what it began', async () => {
    const metrics = new RelockMetrics();
    const worker = await workerWith({ metrics });
    const run = worker.run();
    expect(await readyOf(worker, connection)).toMatchObject({ ok: true, details: { temporal: 'answers' } });
    await (await startRotation(temporal.client, rotationInput(bench.estate, 'acme/svc-1'))).result();
    bench.device('dev-2-a').reachable = false;
    bench.device('dev-2-b').reachable = false;
    const silent = await startRotation(temporal.client, rotationInput(bench.estate, 'acme/svc-2'));
    const gate = gateAt(bench, 'before', 'change', 'dev-3-a');
    await startRotation(temporal.client, rotationInput(bench.estate, 'acme/svc-3'));
    await gate.reached;
    const text = await metrics.registry.metrics();
    expect(text).toContain('relock_rotations_ended_total{state="rotated",exposed="false"} 1');
    expect(text).toMatch(/relock_phase_seconds_count\{phase="verified"\} [12]/);
    expect(text).toMatch(/relock_probes_total\{answer="accepted"\} [4-9]/);
    expect(text).toMatch(/relock_call_seconds_count\{side="target",driver="memory",call="change"\} 2/);
    expect(text).toMatch(/relock_call_seconds_count\{side="vault",driver="[a-z-]+",call="promote"\} 1/);
    expect(text).not.toMatch(/svc|dev-|acme/);

    const abort = new AbortController();
    const { client } = temporal;
    const deps = { estate: bench.estate, client, ids: plainIds, metrics, now: Date.now };
    const watching = watch(deps, abort.signal, 50);
    const seen = async () => {
      const shown = await metrics.registry.metrics();
      return shown.includes('relock_watch_up{what="records"} 1') ? shown : undefined;
    };
    const watched = await waitUntil(seen, { what: 'the look at open records', timeoutMs: 20_000 });
    expect(watched).toMatch(/relock_open_records [12]\n/);
    expect(watched).toContain('relock_schedules{state="missing"} 1');
    abort.abort();
    await watching;

    worker.shutdown();
    expect(await readyOf(worker, connection)).toMatchObject({ ok: false });
    gate.open();
    await run;
    expect(worker.getState()).toBe('STOPPED');
    await silent.terminate();
    await temporal.client.workflow.getHandle('rotate/acme/svc-3').terminate();
  });

  it('as a version of a deployment, it takes work once that version is current, and a rotation stays on it', async () => {
    const version = { deploymentName: 'relock-test', buildId: 'build-1' };
    const worker = await workerWith({ deployment: version });
    const run = worker.run();
    const { workflowService } = temporal.client;
    const current = () =>
      workflowService.setWorkerDeploymentCurrentVersion({
        namespace: place.namespace,
        deploymentName: version.deploymentName,
        buildId: version.buildId,
        identity: 'test',
      });
    await waitUntil(current, { what: 'the version to be known', timeoutMs: 20_000 });
    const handle = await startRotation(temporal.client, rotationInput(bench.estate, 'acme/svc-4'));
    expect((await handle.result()).state).toBe('rotated');
    const { versioningInfo } = (await handle.describe()).raw.workflowExecutionInfo ?? {};
    const pinned = 1;
    expect(versioningInfo?.behavior).toBe(pinned);
    expect(versioningInfo?.deploymentVersion?.buildId).toBe('build-1');
    worker.shutdown();
    await run;
  });
});

describe('relock worker --health', () => {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'relock-worker-'));
  let child: ChildProcess | undefined;
  afterAll(async () => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('says that it lives, is ready, which schedules are paused, and ends in good order', async () => {
    const { address, namespace } = await sharedTemporal();
    const cli = scheduleCli({ address, namespace });
    cli.asksFor(['acme', 30], ['acme', 7]);
    await cli.run('apply');
    await cli.run('pause', 'acme/7', '--because', 'maintenance');
    writeFileSync(join(folder, 'relock.yaml'), cli.yaml());
    const port = await freePort();
    const args = ['--import', import.meta.resolve('tsx'), main, 'worker', '--health', `127.0.0.1:${port}`];
    const env = { ...process.env, ...cli.environment };
    const started = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    let said = '';
    started.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: response.status, text: await response.text() };
    };
    const ready = async () => ((await get('/readyz')).status === 200 ? true : undefined);
    await waitUntil(ready, { what: 'the worker', timeoutMs: 60_000 });
    expect(await get('/healthz')).toMatchObject({ status: 200, text: expect.stringContaining('"ok":true') });
    expect((await get('/')).status).toBe(404);
    const looked = await cli.run('run', 'acme/30');
    expect(looked).toMatchObject({
      code: 3,
      answer: { looked: 1, notRotated: [{ state: 'skipped', reason: 'unreadable' }] },
    });
    const paused = async () => {
      const { text } = await get('/metrics');
      return text.includes('relock_schedules{state="paused"} 1') ? text : undefined;
    };
    const metrics = await waitUntil(paused, { what: 'the paused schedule in the metrics', timeoutMs: 20_000 });
    expect(metrics).toContain('relock_schedules{state="active"} 1');
    expect(metrics).toMatch(/^temporal_activity_schedule_to_start_latency_seconds_bucket\{.*task_queue="relock"/m);
    const gone = once(started, 'exit');
    started.kill('SIGTERM');
    expect(await gone).toEqual([0, null]);
    expect(said).toContain('"msg":"worker drains"');
    await cli.run('pause', 'acme/30', '--because', 'maintenance');
    cli.close();
  });
});
