import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardedVerbs } from '../../src/activities/approvals/guardedVerbs.js';
import { createRotationVerbs } from '../../src/activities/rotation.js';
import { parseAllowedSigners } from '../../src/approval/allowedSigners.js';
import type { Estate } from '../../src/config/estate.js';
import { incidentReportSchema } from '../../src/evidence/reportSchema.js';
import { evidenceSchema } from '../../src/evidence/schema.js';
import type { ApprovalBundle, Opening, Statement } from '../../src/model/approval.js';
import { canonical } from '../../src/planning/digest.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import type { IncidentInput, IncidentProgress } from '../../src/workflows/incidentMessages.js';
import { mainTaskQueue } from '../../src/workflows/taskQueues.js';
import { makeKey, type SigningKey, signed } from '../approval/sshKeys.js';
import { sharedTemporal } from '../harness/shared.js';
import { type MemoryBench, memoryBench } from './memoryBench.js';
import { resetToStart } from './reset.js';
import { rotationInput } from './rotationInput.js';
import { startRotation, type TemporalBench, temporalBench } from './temporalBench.js';

const [anna, ben, opener] = [makeKey(), makeKey(), makeKey()];
const text = `anna ${anna.line}\nben ${ben.line}\nopener ${opener.line}\n`;

let bench: MemoryBench;
let temporal: TemporalBench;
let estate: Estate;

beforeAll(async () => {
  bench = await memoryBench({ credentials: 3 });
  estate = withApprovals(bench.estate, text);
  const { address, namespace } = await sharedTemporal();
  temporal = await temporalBench(address, namespace);
  await temporal.startWorker(estate);
});
afterAll(async () => {
  await temporal?.close();
  bench?.close();
});

function withApprovals(plain: Estate, signers: string, per: 'incident' | 'wave' = 'incident'): Estate {
  const approvals = {
    signers: parseAllowedSigners(signers),
    text: signers,
    file: 'approvers',
    required: 2,
    per,
    validHours: 1,
  };
  return { ...plain, approvals };
}

async function artifact(key: string): Promise<unknown> {
  const context = { signal: new AbortController().signal, deadline: Date.now() + 5_000 };
  return JSON.parse(Buffer.from(await estate.artifacts.get(key, context)).toString('utf8'));
}

async function open(key: string, change: Partial<IncidentInput> = {}, at = temporal) {
  const incident = `incident/acme/${key}`;
  const statement: Opening = { version: 1, incident, reason: key, policy: 'forward' };
  const input: IncidentInput = {
    vendor: 'acme',
    key,
    reason: key,
    policy: 'forward',
    dryRun: false,
    approved: true,
    opening: signed(opener, statement, 'relock-opening-v1'),
    ...change,
  };
  const handle = await at.client.workflow.start('respondToIncident', {
    workflowId: incident,
    taskQueue: mainTaskQueue,
    args: [input],
  });
  const progress = () => handle.query<IncidentProgress, []>('incident');
  const asked = async (wave: number | null = null): Promise<Statement> =>
    waitUntil(
      async () => {
        const { signing } = await progress();
        return signing?.statement.wave === wave ? signing.statement : undefined;
      },
      { what: 'the question for an approval', timeoutMs: 20_000 },
    );
  const say = async (decision: 'approve' | 'deny', given?: unknown): Promise<string> => {
    try {
      const { signing } = await handle.executeUpdate<IncidentProgress, [unknown]>(decision, { args: [given] });
      return `counted ${signing?.by.join() ?? 'all'}`;
    } catch (error) {
      return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    }
  };
  const approve = (key: SigningKey, statement: Statement) => say('approve', signed(key, statement));
  return { handle, progress, asked, say, approve };
}

describe('where relock.yaml asks for signatures', () => {
  it('--yes, a digest, the opener and one person twice do not count; two persons do, and the waves run', async () => {
    const incident = await open('counted');
    const statement = await incident.asked();
    expect((await incident.progress()).state).toBe('awaitingApproval');
    expect(await incident.say('approve', { planDigest: statement.planDigest })).toMatch(/not counted: expected/);
    expect(await incident.approve(opener, statement)).toMatch(/opened this incident/);
    expect(await incident.approve(anna, { ...statement, credentials: 1 })).toMatch(/"credentials"/);
    expect(await incident.approve(anna, statement)).toBe('counted anna');
    expect(await incident.approve(anna, statement)).toMatch(/approved already/);
    expect(await incident.approve(ben, statement)).toMatch(/^counted/);
    const ended = await incident.handle.result();
    expect(ended).toMatchObject({ state: 'finished', ends: { rotated: 3 } });

    const { approvals, plan, credentials } = incidentReportSchema.parse(await artifact(ended.report ?? ''));
    expect(approvals).toMatchObject([{ by: ['anna', 'ben'], wave: null, expires: statement.expires }]);
    for (const { evidence } of credentials) {
      const kept = evidenceSchema.parse(await artifact(evidence?.key ?? ''));
      expect(kept).toMatchObject({ planDigest: plan.digest, approval: approvals?.[0]?.bundle });
    }
  });

  it('per wave: each wave is asked for by itself, and approvals of one are worth nothing for the next', async () => {
    const own = await memoryBench({ credentials: 2 });
    const { address, namespace } = await sharedTemporal();
    const apart = await temporalBench(address, namespace);
    try {
      await apart.startWorker(withApprovals(own.estate, text, 'wave'));
      const incident = await open('waves', {}, apart);
      const first = await incident.asked(1);
      expect(first).toMatchObject({ credentials: 1, targets: 2 });
      for (const key of [anna, ben]) await incident.approve(key, first);
      const second = await incident.asked(2);
      expect(await incident.approve(anna, first)).toMatch(/"wave"/);
      for (const key of [anna, ben]) await incident.approve(key, second);
      expect(await incident.handle.result()).toMatchObject({ state: 'finished', ends: { rotated: 2 } });
    } finally {
      await apart.close();
      own.close();
    }
  });

  it('a denial is signed too, and ends it', async () => {
    const incident = await open('denied');
    const statement = await incident.asked();
    expect(await incident.say('deny')).toMatch(/not counted/);
    expect(await incident.say('deny', signed(ben, { ...statement, decision: 'deny' }))).toMatch(/^counted/);
    expect(await incident.handle.result()).toMatchObject({ state: 'denied' });
  });

  it('a reset makes what was signed worthless: it is asked for anew, and the old signatures are refused', async () => {
    const incident = await open('reset');
    const before = await incident.asked();
    expect(await incident.approve(anna, before)).toBe('counted anna');
    const runId = await resetToStart(temporal, incident.handle.workflowId);
    const again = await waitUntil(async () => ((await incident.asked()).run === runId ? incident.asked() : undefined), {
      what: 'the question of the new run',
      timeoutMs: 20_000,
    });
    expect((await incident.progress()).signing?.by).toEqual([]);
    expect(await incident.approve(ben, before)).toMatch(/is another one than asked for/);
    expect(await incident.approve(ben, { ...again, run: before.run })).toMatch(/"run"/);
    expect(await incident.approve(ben, again)).toBe('counted ben');
    await incident.handle.terminate('a test');
  });

  it('an incident that nobody signed is not planned; a dry run is', async () => {
    const unsigned = await open('unsigned', { opening: null });
    await expect(unsigned.handle.result()).rejects.toMatchObject({ cause: { cause: { type: 'Misconfigured' } } });
    const dry = await open('dry', { opening: null, dryRun: true });
    expect(await dry.handle.result()).toMatchObject({ state: 'planned' });
  });
});

describe('the hands, whatever the head says', () => {
  const rotate = async (index: number, change: object) => {
    const handle = await startRotation(temporal.client, { ...rotationInput(estate, `acme/svc-${index}`), ...change });
    return handle.result();
  };

  it('a rotation that was started without an approval changes nothing', async () => {
    const before = await bench.secretOf('acme/svc-1');
    expect(await rotate(1, {})).toMatchObject({ state: 'untouched', reason: 'misconfigured' });
    const after = await bench.secretOf('acme/svc-1');
    expect(after.equals(before, ['password'])).toBe(true);
  });

  it('nor does one with the approval of other credentials, of another policy, or of too few', async () => {
    const statement = await approvedStatement();
    const plan = { key: `incidents/acme/counted/plan/plan-${statement.planDigest}.json`, digest: statement.planDigest };
    const both = [signed(anna, statement), signed(ben, statement)];
    const stored = await store({ version: 1, plan, approvals: both });
    const one = await store({ version: 1, plan, approvals: both.slice(0, 1) });
    const past = { ...statement, expires: '2026-01-01T00:00:00Z' };
    const expired = await store({ version: 1, plan, approvals: [signed(anna, past), signed(ben, past)] });
    const guarded = { estate, clock: { now: Date.now, signal: () => new AbortController().signal } };
    const verbs = guardedVerbs(createRotationVerbs({ ...guarded, vantage: 'here' }), guarded.estate, guarded.clock);
    const entry = estate.credentials.get('acme/svc-1');
    const ref = {
      credential: 'acme/svc-1',
      descriptorDigest: entry?.descriptorDigest ?? '',
      token: 'f'.repeat(64),
      policy: 'forward',
    } as const;
    const open = (change: object) => verbs.open({ ...ref, ...change }, { do: 'open' });
    await expect(open({ approval: one })).rejects.toThrow(/1 of 2 required/);
    await expect(open({ approval: expired })).rejects.toThrow(/expired before it began/);
    await expect(open({ approval: stored, policy: 'disable' })).rejects.toThrow(/policy is disable/);
    await expect(open({ approval: stored, descriptorDigest: '1'.repeat(64) })).rejects.toThrow(
      /not in the approved plan/,
    );
    await expect(open({ approval: { ...stored, digest: '0'.repeat(64) } })).rejects.toThrow(/digest differs/);
    expect(await open({ approval: stored })).toMatchObject({ kind: 'opened' });
  });

  /** As the first incident was approved. */
  async function approvedStatement(): Promise<Statement> {
    const call = { signal: new AbortController().signal, deadline: Date.now() + 5_000 };
    const [key = ''] = await estate.artifacts.list('incidents/acme/counted/approvals/', call);
    const bundle = JSON.parse(Buffer.from(await estate.artifacts.get(key, call)).toString('utf8'));
    return bundle.approvals[0].statement;
  }

  async function store(bundle: ApprovalBundle) {
    const { bytes, digest } = canonical(bundle);
    const key = `incidents/acme/counted/approvals/${digest}.json`;
    await estate.artifacts.put(key, bytes, { signal: new AbortController().signal, deadline: Date.now() + 5_000 });
    return { key, digest };
  }

  it('nor does one with an approval that is not there', async () => {
    const approval = { key: 'incidents/acme/x/approvals/x.json', digest: '0'.repeat(64) };
    expect(await rotate(2, { approval })).toMatchObject({ state: 'untouched' });
  });
});
