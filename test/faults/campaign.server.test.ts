import { afterAll, beforeAll, expect, it } from 'vitest';
import { allCases, type Case, inFairOrder } from './cases/cases.js';
import { estateKinds } from './estates/index.js';
import { Lane } from './lane/lane.js';
import { profileOf } from './lane/profile.js';
import { runCase } from './run/runCase.js';

const seed = 20_250;
const estate = 'linux × password, openbao';
const faults = [
  'reply lost',
  'seal vault',
  'workflow cancelled',
  'worker killed, request arrives',
  'person writes the vault',
];
let lane: Lane;
let cases: readonly Case[];

beforeAll(async () => {
  const kind = estateKinds.find(({ name }) => name === estate);
  if (kind === undefined) throw new Error(`no estate ${estate}`);
  lane = await Lane.start(kind, 'sources');
  cases = inFairOrder(allCases(await profileOf(lane)), seed);
}, 180_000);

afterAll(() => lane?.stop());

it.each(faults)(
  '%s, at a request that the seed chose: nothing lost, nothing leaked, nothing guessed',
  async (fault) => {
    const chosen = cases.find(({ name }) => name === fault);
    if (chosen === undefined) throw new Error(`no case of ${fault}`);
    const run = await runCase(lane, chosen);
    expect(run).toMatchObject({ fault, violations: [] });
    expect(run.phase).not.toBeNull();
    expect([run.end, ...run.afterwards].at(-1)).toMatch(/rotated$/);
  },
  300_000,
);

it('every phase of the protocol has requests at which something breaks', () => {
  const phases = new Set(cases.map(({ phase }) => phase));
  expect([...phases].sort()).toEqual([
    'applied',
    'checked',
    'finished',
    'opened',
    'promoted',
    'retired',
    'staged',
    'verified',
  ]);
});
