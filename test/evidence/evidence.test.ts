import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { evidenceSchema } from '../../src/evidence/schema.js';
import { resultKey } from '../../src/model/artifactKeys.js';
import type { RotationEvidence } from '../../src/model/evidence.js';
import type { FailurePolicy } from '../../src/model/policy.js';
import { createInterpreter } from '../../src/protocol/direct.js';
import { evidenceOf } from '../../src/protocol/evidence.js';
import { beginRotation, type Rotated, rotate } from '../../src/protocol/rotate.js';
import { findOpenRecords } from '../../src/recover/findOpenRecords.js';
import { finishRecord } from '../../src/recover/finishRecord.js';
import { account, credential, MemoryEstate } from '../harness/memoryEstate.js';
import { memoryBench, passwordDevice } from '../workflows/memoryBench.js';

const hourMs = 3_600_000;

describe('the evidence of a rotation', () => {
  it('shows for every target the refusal of the old secret between two controls from one place', async () => {
    const { evidence, values } = await rotated(world({ stragglerMs: 0 }));
    expect(evidence).toMatchObject({ state: 'rotated', versions: { olds: ['old-00000001-base'] } });
    for (const target of evidence.targets) {
      const [old] = target.olds;
      const vantage = `here/${target.id}/${target.id}`;
      expect(old).toMatchObject({
        version: 'old-00000001-base',
        death: 'proven',
        refusal: { vantage },
        controlBefore: { version: 'old-00000001-base', vantage },
        controlAfter: { vantage },
      });
      const [before, refusal, after] = [old?.controlBefore?.at, old?.refusal?.at, old?.controlAfter?.at];
      expect([before, refusal, after].toSorted()).toEqual([before, refusal, after]);
    }
    for (const value of values) expect(JSON.stringify(evidence)).not.toContain(value);
  });

  it('says when each phase was reached and proven', async () => {
    const { evidence } = await rotated(world({ stragglerMs: 0 }));
    const names = evidence.phases.map(({ phase }) => phase);
    expect(names).toEqual([
      'opened',
      'checked',
      'staged',
      'applied',
      'verified',
      'confirmed',
      'promoted',
      'adopted',
      'retired',
      'finished',
    ]);
    const times = evidence.phases.map(({ provenAt }) => provenAt ?? Number.NaN);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times).not.toContain(Number.NaN);
  });

  it('says so where the old one was not seen dead', async () => {
    const estate = world({ stragglerMs: 0 });
    estate.device('d1').reachable = false;
    const { evidence } = await rotated(estate);
    expect(evidence).toMatchObject({ state: 'replaced', flags: { exposed: true } });
    expect(evidence.phases.find(({ phase }) => phase === 'retired')).toMatchObject({ provenAt: null });
    expect(evidence.targets[1]).toMatchObject({ id: 'd1', taken: false, olds: [{ death: null, refusal: null }] });
  });

  it("names what stood in the way, in the driver's words, and forgets what went well later", async () => {
    const estate = world({ stragglerMs: 0 });
    estate.trouble = async ({ verb }) => (verb === 'change' ? { kind: 'refused' } : null);
    const stuck = await rotated(estate);
    expect(stuck.evidence).toMatchObject({ state: 'untouched', reason: 'unreachable' });
    expect(stuck.evidence.causes?.toSorted()).toEqual([
      expect.stringContaining('change at d0 failed'),
      expect.stringContaining('change at d1 failed'),
    ]);

    const healed = world({ stragglerMs: 0 });
    let refusals = 1;
    healed.trouble = async ({ verb }) => (verb === 'change' && refusals-- > 0 ? { kind: 'refused' } : null);
    expect((await rotated(healed)).evidence).toMatchObject({ state: 'rotated', causes: [] });
  });

  it('names a vault that refused what readers were to get, whatever was waited for and closed after it', async () => {
    const estate = world({ stragglerMs: 0 });
    let isStaged = false;
    estate.trouble = async ({ verb, subject }) => {
      if (verb === 'change') isStaged = true;
      return isStaged && verb === 'write' && subject.includes('/readers/') ? { kind: 'refused' } : null;
    };
    const { evidence } = await rotated(estate, 'restore');
    expect(evidence).toMatchObject({ state: 'rolledBack', open: false });
    expect(evidence.causes).toEqual([expect.stringContaining(estate.primary)]);
  });

  it('does not grow with the time that a straggler is waited for', async () => {
    const sizes: number[] = [];
    for (const hours of [1, 40]) {
      const estate = world({ stragglerMs: hours * hourMs });
      estate.device('d1').reachable = false;
      const { evidence } = await rotated(estate);
      const silent = evidence.targets[1]?.logins.find(({ answer }) => answer === 'unknown');
      expect(silent?.times).toBeGreaterThan(8);
      sizes.push(JSON.stringify(evidence).length);
    }
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(20);
  });

  it('of a rotation that was found open is kept as well, before ours begins', async () => {
    const estate = world({ stragglerMs: 0 });
    await estate.seed(estate.value('stolen'));
    const order = (token: string) => ({
      plan: estate.plan('forward'),
      token: token.padEnd(64, '0'),
      policy: 'forward' as const,
    });
    const { descriptorDigest } = estate.plan('forward');
    const found = order('00000001').token;
    await estate.verbs().open({ credential, descriptorDigest, token: found, policy: 'forward' }, { do: 'open' });
    const kept: RotationEvidence[] = [];
    const interpreter = {
      ...interpreterOf(estate),
      followed: async ({ end, rotation }: Rotated) => void kept.push(evidenceOf(rotation.state, end, unknown)),
    };
    const { end, rotation } = await rotate(beginRotation(order('00000002'), estate.time.now()), interpreter);
    expect(end).toMatchObject({ state: 'rotated', open: false });
    expect(kept).toMatchObject([{ token: found, resumed: true, state: 'rotated', open: false }]);
    expect(evidenceOf(rotation.state, end, unknown)).toMatchObject({ resumed: false, token: order('00000002').token });
  });

  it('is kept by recover too, under the SHA-256 of its own bytes, and the result names it', async () => {
    const bench = await memoryBench({ timing: { stragglerMs: 0 } });
    const clock = { now: Date.now, signal: () => new AbortController().signal };
    const context = () => ({ signal: clock.signal(), deadline: Date.now() + 5_000 });
    try {
      const token = 'ab'.repeat(32);
      const entry = bench.estate.credentials.get('acme/svc-1');
      if (entry === undefined) throw new RangeError('no such credential');
      const vault = bench.estate.vaults.get('primary');
      const { descriptorDigest, targets } = entry;
      const about = {
        token,
        head: 'head-1',
        credential: entry.id,
        descriptorDigest,
        policy: 'forward',
        maker: 'generated',
      } as const;
      await vault?.open('acme/svc-1', { ...about, ownedFields: ['password'], targets, at: Date.now() }, context());
      const [open] = await findOpenRecords(bench.estate, context);
      if (open === undefined) throw new RangeError('no open record');
      await finishRecord(bench.estate, entry, open.record, { clock, onStep: () => {}, onWait: () => {} });

      const { artifacts } = bench.estate;
      const [key = '', ...more] = await artifacts.list('evidence/', context());
      expect(more).toEqual([]);
      const bytes = await artifacts.get(key, context());
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(key).toBe(`evidence/acme/svc-1/${token}/${sha256}.json`);
      const evidence = evidenceSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
      expect(evidence).toMatchObject({ state: 'rotated', resumed: true, token });
      const result = await artifacts.get(resultKey({ incident: null, credential: entry.id, token }), context());
      expect(JSON.parse(Buffer.from(result).toString())).toMatchObject({ state: 'rotated', evidence: { key, sha256 } });
      for (const secret of bench.canaries) expect(Buffer.from(bytes).toString()).not.toContain(secret);
    } finally {
      bench.close();
    }
  });
});

function world(timing: { readonly stragglerMs: number }): MemoryEstate {
  const devices = ['d0', 'd1'].map((id) => ({ id, capabilities: passwordDevice }));
  return new MemoryEstate({ devices, timing });
}

const unknown = { incident: null, planDigest: null, approval: null, startedAt: 0, endedAt: 0 };

function interpreterOf(estate: MemoryEstate) {
  const { now } = estate.time;
  return createInterpreter({
    verbs: estate.verbs(),
    head: 'head-1',
    now,
    sleepUntil: (until) => estate.time.passTo(until),
  });
}

async function rotated(
  estate: MemoryEstate,
  policy: FailurePolicy = 'forward',
): Promise<{ evidence: RotationEvidence; values: readonly string[] }> {
  const old = estate.value('stolen');
  await estate.seed(old);
  const { now } = estate.time;
  const interpreter = interpreterOf(estate);
  const startedAt = now();
  const order = { plan: estate.plan(policy), token: '00000001'.padEnd(64, '0'), policy };
  const { end, rotation } = await rotate(beginRotation(order, startedAt), interpreter);
  const about = { incident: null, planDigest: null, approval: null, startedAt, endedAt: now() };
  const evidence = evidenceSchema.parse(evidenceOf(rotation.state, end, about));
  expect(evidence).toMatchObject({ credential, account });
  const readers = await estate.readersGet(estate.primary);
  return { evidence, values: [old, readers].flatMap((secret) => (secret === null ? [] : [secret.reveal('password')])) };
}
