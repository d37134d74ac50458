import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scheduleFindings } from '../../src/cli/check/scheduleCheck.js';
import { connectClient, temporalAt } from '../../src/client.js';
import { encryptingConverter } from '../../src/codec/dataConverter.js';
import { DriverError } from '../../src/model/errors.js';
import { plainIds } from '../../src/model/workflowIds.js';
import { rotationToken } from '../../src/planning/digest.js';
import { Secret } from '../../src/secret/secret.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import type { DueResult } from '../../src/workflows/dueMessages.js';
import type { rotateDue } from '../../src/workflows/rotateDue.js';
import { sharedTemporal } from '../harness/shared.js';
import { gateAt } from './gate.js';
import { type MemoryBench, memoryBench } from './memoryBench.js';
import { rotationInput } from './rotationInput.js';
import { scheduleCli } from './schedule.js';
import { startRotation, type TemporalBench, temporalBench } from './temporalBench.js';

interface Place {
  readonly address: string;
  readonly temporal: TemporalBench;
  readonly bench: MemoryBench;
  readonly cli: ReturnType<typeof scheduleCli>;
  close(): Promise<void>;
}

/** So many credentials of `acme`, due every 30 days, with a schedule and a worker. */
async function scheduled(credentials: number): Promise<Place> {
  const { address, namespace } = await sharedTemporal();
  const cli = scheduleCli({ address, namespace });
  const temporal = await temporalBench(address, namespace, cli.ring);
  const timing = { settleDeadlineMs: 1_500, probeAgainMs: 50, effectMs: 1_000 };
  const bench = await memoryBench({ credentials, everyDays: 30, timing });
  await temporal.startWorker(bench.estate);
  cli.asksFor(['acme', 30]);
  await cli.run('apply');
  const close = async () => {
    await cli.run('pause', 'acme/30', '--because', 'maintenance');
    await temporal.close();
    bench.close();
    cli.close();
  };
  return { address, temporal, bench, cli, close };
}

const schedule = 'due/acme/30d';
const oldSecret = (bench: MemoryBench, index: number) => bench.secretOf(`acme/svc-${index}`);

describe('relock schedule run', () => {
  const count = 23;
  let place: Place;
  beforeAll(async () => {
    place = await scheduled(count);
  });
  afterAll(() => place?.close());

  it('rotates what is due, page by page, with the policy restore; one failure is a result (H35), a person’s change stays (H12)', async () => {
    const { bench, cli, temporal } = place;
    const olds = await Promise.all([1, 2, 3, 4].map((index) => oldSecret(bench, index)));
    for (const id of ['dev-3-a', 'dev-3-b']) bench.device(id).reachable = false;
    const byHand = Secret.of({ password: 'set-by-a-person' });
    for (const id of ['dev-4-a', 'dev-4-b']) bench.device(id).setAccount('svc', [byHand]);
    const gate = gateAt(bench, 'before', 'change', 'dev-5-a');
    const own = await startRotation(temporal.client, rotationInput(bench.estate, 'acme/svc-5'));
    await gate.reached;

    const { code, answer } = await cli.run('run', 'acme/30');
    gate.open();
    expect(code).toBe(3);
    expect(answer).toMatchObject({ looked: count, due: count, ends: { rotated: count - 3, untouched: 2 }, skipped: 1 });
    expect(answer.notRotated).toHaveLength(3);
    expect(answer.notRotated).toEqual(
      expect.arrayContaining([
        { credential: 'acme/svc-3', state: 'untouched', reason: 'unreachable' },
        { credential: 'acme/svc-4', state: 'untouched', reason: 'drift' },
        { credential: 'acme/svc-5', state: 'skipped', reason: 'running' },
      ]),
    );
    const [first = byHand, second = byHand] = olds;
    expect(bench.device('dev-1-a').accepts('svc', first)).toBe(false);
    expect(bench.device('dev-2-b').accepts('svc', second)).toBe(false);
    expect(bench.device('dev-4-a').accepts('svc', byHand)).toBe(true);
    expect((await own.result()).state).toBe('rotated');
    expect((await temporal.client.schedule.getHandle(schedule).describe()).state.paused).toBe(false);
  }, 120_000);

  it('names its rotations by credential, scheduled time and attempt, and has begun anew for each page', async () => {
    const { temporal } = place;
    const [action] = (await temporal.client.schedule.getHandle(schedule).describe()).info.recentActions;
    const { workflowId = '', firstExecutionRunId = '' } = action?.action.workflow ?? {};
    const at = new Date(workflowId.slice(-'2026-01-01T00:00:00Z'.length));
    const result: DueResult = await temporal.client.workflow.getHandle<typeof rotateDue>(workflowId).result();
    expect(result.at).toBe(at.getTime());
    expect((await temporal.client.workflow.getHandle(workflowId).describe()).runId).not.toBe(firstExecutionRunId);
    const { token } = await temporal.client.workflow.getHandle('rotate/acme/svc-1').result();
    expect(token).toBe(rotationToken('acme/svc-1', at.toISOString(), 1));
  });

  it('looks again: what was rotated is not due; the one that was down is rotated; what an incident holds is left alone', async () => {
    const { bench, cli, temporal } = place;
    for (const id of ['dev-3-a', 'dev-3-b']) bench.device(id).reachable = true;
    const again = await cli.run('run', 'acme/30');
    expect(again.answer).toMatchObject({ looked: count, due: 2, ends: { rotated: 1, untouched: 1 } });

    const incident = 'incident/acme/held';
    const input = { vendor: 'acme', key: 'held', reason: 'held', policy: 'forward', dryRun: false, approved: false };
    const open = await temporal.client.workflow.start('respondToIncident', {
      workflowId: incident,
      taskQueue: 'relock',
      args: [{ ...input, opening: null }],
    });
    const listed = async () => ((await countOf(temporal, 'respondToIncident')) === 1 ? true : undefined);
    await waitUntil(listed, { what: 'the incident in the list', timeoutMs: 20_000 });
    const held = await cli.run('run', 'acme/30');
    expect(held.answer).toMatchObject({ due: 1, ends: {}, skipped: 1 });
    expect(held.answer.notRotated).toEqual([{ credential: 'acme/svc-4', state: 'skipped', reason: 'incident' }]);
    await open.terminate();
  });

  it('credentials that share an account of a target never run together', async () => {
    const { bench, temporal, cli } = place;
    const { credentials } = bench.estate;
    const one = credentials.get('acme/svc-4');
    if (!(credentials instanceof Map) || one === undefined) throw new Error('the estate is not what this test changes');
    // A second credential, kept elsewhere, of the same accounts as the one that is due; the devices take both old secrets.
    credentials.set('acme/twin', { ...one, id: 'acme/twin', copies: [{ vault: 'primary', path: 'acme/twin' }] });
    const held = Secret.of({ password: 'set-by-a-person' });
    for (const id of ['dev-4-a', 'dev-4-b']) bench.device(id).setAccount('svc', [held, await oldSecret(bench, 4)]);
    const listed = async () => ((await countOf(temporal, 'respondToIncident')) === 0 ? true : undefined);
    await waitUntil(listed, { what: 'the end of the incident in the list', timeoutMs: 20_000 });
    const { answer } = await cli.run('run', 'acme/30');
    expect(answer.due).toBe(2);
    const times = await Promise.all(
      ['acme/svc-4', 'acme/twin'].map((id) => temporal.client.workflow.getHandle(`rotate/${id}`).describe()),
    );
    const [earlier, later] = times.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
    expect(earlier?.closeTime?.getTime()).toBeLessThanOrEqual(later?.startTime.getTime() ?? 0);
    credentials.delete('acme/twin');
  });
});

async function countOf(temporal: TemporalBench, type: string): Promise<number> {
  const { count } = await temporal.client.workflow.count(`WorkflowType = '${type}' AND ExecutionStatus = 'Running'`);
  return count;
}

describe('a look that breaks much', () => {
  it('starts nothing more, fails, and its schedule is paused and red; a resumed one goes on', async () => {
    const place = await scheduled(8);
    const { bench, cli, temporal, address } = place;
    bench.meddling = {
      async before(verb, target) {
        const message = 'it takes no password today';
        if (verb === 'change' && target.endsWith('-b'))
          throw new DriverError({ code: 'Refused', effect: 'none', driver: 'memory', subject: target, message });
      },
    };
    const { code, said } = await cli.run('run', 'acme/30');
    expect(code).toBe(1);
    expect(said).toContain('went wrong');
    const handle = temporal.client.schedule.getHandle(schedule);
    const paused = async () => ((await handle.describe()).state.paused ? true : undefined);
    await waitUntil(paused, { what: 'the pause of the schedule', timeoutMs: 20_000 });
    const { namespace } = temporal;
    const connect = async () => ({
      ...(await connectClient(temporalAt(address, namespace), encryptingConverter(cli.ring))),
      ids: plainIds,
    });
    const red = await scheduleFindings(bench.estate, connect);
    expect(red).toMatchObject([{ severity: 'error', subject: `schedule ${schedule}` }]);
    bench.meddling = {};
    await cli.run('resume', 'acme/30');
    expect(await scheduleFindings(bench.estate, connect)).toEqual([]);
    const again = await cli.run('run', 'acme/30');
    expect(again.answer).toMatchObject({ due: 8, ends: { rotated: 8 } });
    await place.close();
  }, 120_000);
});

describe('relock schedule apply', () => {
  it('makes, changes and removes what relock.yaml says, shows it first, and then has nothing to do', async () => {
    const { address, namespace } = await sharedTemporal();
    const cli = scheduleCli({ address, namespace });
    const { client, close } = await connectClient(temporalAt(address, namespace), encryptingConverter(cli.ring));
    cli.asksFor(['acme', 30], ['acme', 30], ['acme', 7], ['other', null]);
    const dry = await cli.run('apply', '--dry-run');
    expect(dry.said).toContain('+ due/acme/30d  2 credentials, looked at daily at 02:00 UTC');
    expect((await cli.run('list')).answer).toMatchObject([{ state: 'missing' }, { state: 'missing' }]);

    await cli.run('apply', '--at', '03:30');
    const made = await client.schedule.getHandle('due/acme/7d').describe();
    expect(made).toMatchObject({
      spec: { intervals: [{ every: 86_400_000, offset: 12_600_000 }], jitter: 1_800_000 },
      policies: { overlap: 'SKIP', catchupWindow: 86_400_000, pauseOnFailure: true },
      action: { workflowType: 'rotateDue', taskQueue: 'relock', workflowId: 'due/acme/7d' },
    });
    const steps = ({ schedules }: { schedules: { do: string }[] }) => schedules.map((step) => step.do);
    expect(steps((await cli.run('apply')).answer)).toEqual(['nothing', 'nothing']);

    await cli.run('pause', 'acme/30', '--because', 'freeze');
    cli.asksFor(['acme', 30], ['other', 90]);
    const listed = async () => ((await cli.run('list')).answer.length === 3 ? true : undefined);
    await waitUntil(listed, { what: 'the schedules in the list', timeoutMs: 20_000 });
    const changed = await cli.run('apply', '--at', '04:00');
    expect(steps(changed.answer)).toEqual(['update', 'delete', 'create']);
    expect((await cli.run('list')).answer).toMatchObject([
      { schedule: 'due/acme/30d', state: 'paused', note: 'freeze', at: '04:00' },
      { schedule: 'due/other/90d', state: 'active' },
    ]);
    expect((await cli.run('pause', 'acme/30', '--because', 'I felt like it')).code).toBe(2);
    expect((await cli.run('run', 'nobody/30')).code).toBe(2);
    await close();
    cli.close();
  });
});
