import { afterEach, describe, expect, it } from 'vitest';
import { allCases, type Case, inFairOrder, type Profile } from './cases/cases.js';
import { estateKinds } from './estates/index.js';
import { Lane } from './lane/lane.js';
import { profileOf } from './lane/profile.js';
import { runCase } from './run/runCase.js';

let lane: Lane | null = null;
afterEach(async () => {
  await lane?.stop();
  lane = null;
});

async function lanesOwn(estate: string): Promise<{ lane: Lane; profiles: readonly Profile[] }> {
  const kind = estateKinds.find(({ name }) => name === estate);
  if (kind === undefined) throw new Error(`no estate ${estate}`);
  lane = await Lane.start(kind, 'sources');
  return { lane, profiles: await profileOf(lane) };
}

/** Whether the fault met its request: how often a rotation asks differs a little from run to run. */
async function expectSafe(on: Lane, chosen: Case): Promise<boolean> {
  const run = await runCase(on, chosen);
  expect(run).toMatchObject({ fault: chosen.name, violations: [] });
  expect([run.end, ...run.afterwards].at(-1)).toMatch(/rotated$/);
  return run.phase !== null;
}

async function expectSafeOnce(on: Lane, cases: readonly Case[]): Promise<void> {
  for (const chosen of cases.slice(0, 3)) if (await expectSafe(on, chosen)) return;
  expect.fail(`no request of ${cases[0]?.name ?? 'such a fault'} came`);
}

describe('a part of the fault campaign: nothing lost, nothing leaked, nothing guessed', () => {
  it('one of each of these faults, at a request that the seed chose', async () => {
    const own = await lanesOwn('linux × password, openbao');
    const cases = inFairOrder(allCases(own.profiles), 20_250);
    const faults = ['reply lost', 'seal vault', 'workflow cancelled', 'worker killed, request arrives'];
    for (const fault of [...faults, 'person writes the vault']) {
      const chosen = cases.filter(({ name }) => name === fault);
      await expectSafeOnce(own.lane, chosen);
    }
    const phases = new Set(cases.map(({ phase }) => phase));
    const met = ['opened', 'checked', 'staged', 'applied', 'verified', 'promoted', 'retired', 'finished'];
    expect(met.filter((phase) => !phases.has(phase))).toEqual([]);
  }, 600_000);

  it('H32 the vault goes away while the target makes a secret: the secret is not forgotten there', async () => {
    const own = await lanesOwn('openbao × approle-secret-id, openbao');
    const { estate, requests } = own.profiles.find(({ policy }) => policy === 'forward') ?? {
      estate: '',
      requests: [],
    };
    const made = requests.find(({ line, head }) => line.id === 'target' && /^(POST|PUT) .*\/secret-id /.test(head));
    if (made === undefined) throw new Error('no secret was made');
    const at = { estate, policy: 'forward', line: 'target', request: made.number, phase: made.phase } as const;
    const event = 'stop vault';
    expect(await expectSafe(own.lane, { ...at, name: event, fault: { on: 'servers', event } })).toBe(true);
  }, 600_000);
});
