import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scheduleFindings } from '../../src/cli/check/scheduleCheck.js';
import { decide } from '../../src/cli/incident/decide.js';
import { momentOf } from '../../src/cli/incident/follow.js';
import { foundIncident, type IncidentRef } from '../../src/cli/incident/incidentRef.js';
import { startIncident } from '../../src/cli/incident/open.js';
import { startRotation } from '../../src/cli/rotation/startRotation.js';
import { openUnderOtherIds, requireNoOtherIds } from '../../src/cli/temporal/otherIds.js';
import { idKeyFile, makeKeyFile } from '../../src/codec/keyFile.js';
import { KeyRing, newKeyLine } from '../../src/codec/keyRing.js';
import { workflowIdsOf } from '../../src/codec/opaqueIds.js';
import type { Estate } from '../../src/config/estate.js';
import { plainIds, type WorkflowIds } from '../../src/model/workflowIds.js';
import { rotationToken } from '../../src/planning/digest.js';
import { planRotation } from '../../src/planning/planRotation.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { runHere } from '../cli/runHere.js';
import { runRelock } from '../cli/runRelock.js';
import { sharedTemporal } from '../harness/shared.js';
import { gateAt } from './gate.js';
import { type MemoryBench, memoryBench } from './memoryBench.js';
import { scheduleCli } from './schedule.js';
import { type TemporalBench, temporalBench } from './temporalBench.js';

let bench: MemoryBench;
let estate: Estate;
let ids: WorkflowIds;
let temporal: TemporalBench;
let place: Awaited<ReturnType<typeof sharedTemporal>>;

beforeAll(async () => {
  const timing = { settleDeadlineMs: 1_500, probeAgainMs: 50, effectMs: 1_000 };
  bench = await memoryBench({ credentials: 2, timing });
  const opaqueIdsFile = join(bench.folder, 'ids.key');
  makeKeyFile(opaqueIdsFile, Date.now(), idKeyFile);
  // One wave for both, so that one of them can halt it while the other is under way.
  estate = { ...bench.estate, opaqueIdsFile, waves: { ...bench.estate.waves, canary: 2 } };
  ids = workflowIdsOf(estate);
  place = await sharedTemporal();
  temporal = await temporalBench(place.address, place.namespace, new KeyRing(newKeyLine(Date.now())));
  await temporal.startWorker(estate);
});
afterAll(async () => {
  await temporal?.close();
  bench?.close();
});

function open(key: string, by = ids, dryRun = false): Promise<IncidentRef> {
  const input = { vendor: 'acme', key, reason: key, policy: 'forward', dryRun, approved: true, opening: null } as const;
  return startIncident(temporal.client, input, by);
}

/** A real worker, with a relock.yaml that has no key of ids. */
async function plainWorker() {
  const cli = scheduleCli(place);
  cli.asksFor(['acme', 30]);
  writeFileSync(join(bench.folder, 'relock.yaml'), cli.yaml());
  const ended = await runRelock(bench.folder, ['worker'], cli.environment);
  cli.close();
  return ended;
}

const resultOf = (incident: IncidentRef) => temporal.client.workflow.getHandle(incident.workflowId).result();

const runningIn = (incident: IncidentRef, credential: string) =>
  waitUntil(async () => ((await momentOf(temporal.client, incident)).running.includes(credential) ? true : undefined), {
    what: `${credential} in the wave`,
    timeoutMs: 20_000,
  });

describe('an incident whose ids tell no name', { timeout: 60_000 }, () => {
  it('joins a rotation that is under way', async () => {
    const gate = gateAt(bench, 'before', 'change', 'dev-1-a');
    const entry = estate.credentials.get('acme/svc-1');
    if (entry === undefined) throw new Error('the bench has no such credential');
    const { plan } = planRotation(estate, entry, 'restore', ids);
    const order = { plan, token: rotationToken(entry.id, 'by hand', 1), policy: 'restore' } as const;
    await startRotation(temporal.client, order, 'a test');
    await gate.reached;
    const incident = await open('joins');
    await runningIn(incident, 'acme/svc-1');
    await expect(startRotation(temporal.client, order, 'a test')).rejects.toThrow(
      `workflow ${ids.rotation('acme/svc-1')}, started`,
    );
    gate.open();
    expect(await resultOf(incident)).toMatchObject({
      incident: 'incident/acme/joins',
      state: 'finished',
      ends: { rotated: 2 },
    });
    const { startTime } = await temporal.client.workflow.getHandle(ids.rotation('acme/svc-1')).describe();
    const { startTime: opened } = await temporal.client.workflow.getHandle(incident.workflowId).describe();
    expect(startTime.getTime()).toBeLessThan(opened.getTime());
  });

  it('is told by its wave that it halted, and tells it to go on', async () => {
    const gate = gateAt(bench, 'before', 'change', 'dev-2-a');
    for (const id of ['dev-1-a', 'dev-1-b']) bench.device(id).reachable = false;
    const incident = await open('halts');
    const state = async () => (await momentOf(temporal.client, incident)).progress.state;
    await gate.reached;
    await expect.poll(state, { timeout: 20_000 }).toBe('halted');
    await decide(temporal.client, incident, 'resume');
    await expect.poll(state, { timeout: 20_000 }).toBe('running');
    gate.open();
    expect(await resultOf(incident)).toMatchObject({ state: 'finished', ends: { untouched: 1, rotated: 1 } });
    for (const id of ['dev-1-a', 'dev-1-b']) bench.device(id).reachable = true;
  });

  it('aborted, it asks what is under way to end; who holds a credential is told by name', async () => {
    const gate = gateAt(bench, 'before', 'change', 'dev-1-a');
    const incident = await open('aborted');
    await gate.reached;
    const entry = estate.credentials.get('acme/svc-1');
    if (entry === undefined) throw new Error('the bench has no such credential');
    const { plan } = planRotation(estate, entry, 'restore', ids);
    const order = { plan, token: rotationToken(entry.id, 'by hand', 2), policy: 'restore' } as const;
    await expect(startRotation(temporal.client, order, 'a test')).rejects.toThrow('by incident/acme/aborted/wave-1;');

    const found = () => openUnderOtherIds(temporal.client, estate, plainIds);
    const listed = async () => (await found()) ?? undefined;
    expect(await waitUntil(listed, { what: 'what is open', timeoutMs: 20_000 })).toMatch(
      /^(rotate|incident)\/[a-z2-7]{32}/,
    );
    await expect(requireNoOtherIds(temporal.client, estate, plainIds)).rejects.toThrow(/tells no name.*No worker was/);
    await requireNoOtherIds(temporal.client, estate, ids);
    const connect = async (by: WorkflowIds) => ({ client: temporal.client, ids: by, close: async () => {} });
    expect(await scheduleFindings(estate, () => connect(ids))).toEqual([]);
    expect(await scheduleFindings(estate, () => connect(plainIds))).toMatchObject([
      { severity: 'error', subject: 'codec.opaqueIds' },
    ]);
    const refused = await plainWorker();
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/is open and its id tells no name.*No worker was started/);

    await decide(temporal.client, incident, 'abort');
    const rotation = temporal.client.workflow.getHandle(ids.rotation('acme/svc-1'));
    const asked = async () => {
      const { events } = await rotation.fetchHistory();
      return events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes != null) ? true : undefined;
    };
    await waitUntil(asked, { what: 'the request to end', timeoutMs: 20_000 });
    gate.open();
    expect(await resultOf(incident)).toMatchObject({ state: 'aborted' });
  });

  it('is found by its name, whichever kind of id it was opened under', async () => {
    const before = await open('before', plainIds, true);
    expect(before.workflowId).toBe('incident/acme/before');
    const after = await open('after', ids, true);
    await Promise.all([resultOf(before), resultOf(after)]);
    const find = (name: string, by: WorkflowIds) => foundIncident(temporal.client, by, name);
    const listed = async () => ((await find(after.name, plainIds)).workflowId === after.workflowId ? true : undefined);
    await waitUntil(listed, { what: 'the incident in the list', timeoutMs: 20_000 });
    expect(await find(before.name, ids)).toEqual(before);
    expect((await find('incident/acme/nothing', ids)).workflowId).toBe(ids.incident('incident/acme/nothing'));
  });
});

it('a schedule stays as a person left it when its id changes its kind', async () => {
  const cli = scheduleCli(await sharedTemporal());
  cli.asksFor(['acme', 30]);
  await cli.run('apply', '--at', '03:30');
  await cli.run('pause', 'acme/30', '--because', 'freeze');
  const folder = bench.folder;
  writeFileSync(join(folder, 'relock.yaml'), `codec: { opaqueIds: ./ids.key }\n${cli.yaml()}`);
  const run = async (...args: string[]) =>
    JSON.parse((await runHere(folder, ['schedule', ...args, '--json'], cli.environment)).stdout);
  const listed = async () => ((await run('list')).length === 2 ? true : undefined);
  await waitUntil(listed, { what: 'the old schedule in the list', timeoutMs: 20_000 });
  const { schedules } = await run('apply');
  expect(schedules.map((step: { id: string; do: string }) => [step.id, step.do]).sort()).toEqual([
    ['due/acme/30d', 'create'],
    ['due/acme/30d', 'delete'],
  ]);
  const alone = async () => {
    const all = await run('list');
    return all.length === 1 ? all : undefined;
  };
  const all = await waitUntil(alone, { what: 'the old schedule to leave the list', timeoutMs: 20_000 });
  expect(all).toMatchObject([{ schedule: 'due/acme/30d', state: 'paused', note: 'freeze', at: '03:30', wanted: true }]);
  cli.close();
  rmSync(join(folder, 'relock.yaml'));
}, 60_000);
