import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FailurePolicy } from '../../src/model/policy.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { type Ended, runRelock } from '../cli/runRelock.js';
import type { Checkpoint } from './checkpoints.js';
import { type RelockDev, relockDev } from './relockDev.js';
import { startRotations } from './startRotations.js';
import { type Snapshot, type Stoppable, type StoppableEstate, stoppableEstate } from './stoppableEstate.js';

/** One credential for each place where a rotation can be when everything dies; how `recover` ends it. */
interface Case extends Stoppable {
  readonly at: Checkpoint;
  readonly policy: FailurePolicy;
  /** The vault denies this one's readers the new secret: the policy speaks. */
  readonly denied?: 'untilItDies' | 'always';
  /** null: nothing is left to recover. */
  readonly ends: string | null;
}

const forward = (at: Checkpoint, kind: Stoppable['kind'], policy: FailurePolicy = 'restore'): Case => ({
  name: `${kind === 'password' ? 'p' : 'k'}-${at.toLowerCase()}`,
  kind,
  at,
  policy,
  ends: at === 'finished' ? null : 'rotated',
});

const cases: readonly Case[] = [
  forward('opened', 'password'),
  forward('checked', 'password', 'forward'),
  forward('staged', 'password'),
  forward('applied', 'password'),
  forward('changed', 'password', 'forward'),
  forward('verified', 'password'),
  forward('promoted', 'password'),
  forward('promotedSaid', 'password', 'forward'),
  forward('finishing', 'password'),
  forward('finished', 'password'),
  forward('applied', 'ssh-key'),
  forward('changed', 'ssh-key'),
  forward('promoted', 'ssh-key'),
  forward('retired', 'ssh-key', 'forward'),
  forward('retiredDone', 'ssh-key'),
  { name: 'p-undo', kind: 'password', at: 'undo', policy: 'restore', denied: 'untilItDies', ends: 'rotated' },
  { name: 'p-undone', kind: 'password', at: 'undone', policy: 'restore', denied: 'always', ends: 'rolledBack' },
  { name: 'k-undo', kind: 'ssh-key', at: 'undo', policy: 'restore', denied: 'always', ends: 'rolledBack' },
  { name: 'p-susp', kind: 'password', at: 'suspended', policy: 'disable', denied: 'untilItDies', ends: 'disabled' },
  {
    name: 'p-suspd',
    kind: 'password',
    at: 'suspendedDone',
    policy: 'disable',
    denied: 'untilItDies',
    ends: 'disabled',
  },
];

const opened = cases.filter(({ ends }) => ends !== null);
const suspended = cases.filter(({ ends }) => ends === 'disabled');
const closed = cases.filter(({ ends }) => ends !== 'disabled');

let world: StoppableEstate;
let dev: RelockDev;
let folder: string;

const relock = (...args: string[]): Promise<Ended> => runRelock(folder, args, dev.environment);
const byCredential = (stdout: string) =>
  new Map((JSON.parse(stdout) as { credential: string }[]).map((each) => [each.credential, each]));

/** Everything dies at once, each rotation at its own place, and Temporal's data is deleted. */
beforeAll(async () => {
  world = await stoppableEstate(cases);
  folder = world.folders[0] ?? '';
  dev = await relockDev(folder, world.environment);
  for (const { name, at, denied } of cases) {
    world.traffic.stopAt(`itron/${name}`, at);
    if (denied !== undefined) world.traffic.denyReaders(`itron/${name}`);
  }
  await startRotations(folder, dev.environment, world.estate(), cases);
  await waitUntil(async () => (cases.every(({ name }) => world.traffic.stands(`itron/${name}`)) ? true : undefined), {
    what: 'every rotation at its place',
    timeoutMs: 120_000,
  }).catch((error: unknown) => {
    const missing = cases.filter(({ name }) => !world.traffic.stands(`itron/${name}`)).map(({ name }) => name);
    throw new Error(`${String(error)}: not there: ${missing.join(', ')}`);
  });
  await dev.kill();
  rmSync(join(folder, 'data'), { recursive: true });
  world.traffic.forgetStops();
  for (const { name, denied } of cases) if (denied === 'untilItDies') world.traffic.allowReaders(`itron/${name}`);
}, 300_000);

afterAll(async () => {
  await dev?.stop();
  await world?.stop();
});

describe('Temporal and its data are gone for good, in every phase of a rotation', () => {
  it('a dry run says of each what stands open and where it can lead, and touches nothing', async () => {
    const before = await world.snapshot();
    const dry = await relock('recover', '--dry-run', '--json');
    expect(dry.code, dry.stderr).toBe(0);
    expect(await world.snapshot()).toEqual(before);
    const told = byCredential(dry.stdout);
    expect([...told.keys()].sort()).toEqual(opened.map(({ name }) => `itron/${name}`).sort());
    for (const { name, policy, ends, denied } of opened) {
      const one = told.get(`itron/${name}`);
      expect(one, name).toMatchObject({ policy, ways: expect.any(Array) });
      // What the vault will deny in a moment nobody can foresee.
      if (denied !== 'always') expect(JSON.stringify(one), name).toContain(`"state":"${ends}"`);
    }
    expect(existsSync(join(folder, 'data'))).toBe(false);
  }, 60_000);

  it('recover brings each to its end, proven from outside', async () => {
    const ended = await relock('recover', '--json');
    const told = byCredential(ended.stdout);
    const states = opened.map(({ name }) => [name, told.get(`itron/${name}`)]);
    expect(states).toMatchObject(opened.map(({ name, ends }) => [name, { state: ends }]));
    await Promise.all(closed.map(({ name }) => world.expectOnlyCurrentOpens(name)));
    for (const { name, ends } of closed) {
      const isBack = (await world.current(name)) === world.stolen(name);
      expect(isBack, name).toBe(ends === 'rolledBack');
      expect(world.traffic.oneRecordAtATime(`itron/${name}`), name).toBe(true);
    }
  }, 180_000);

  it('twice is the same as once: only what a person must decide is still open', async () => {
    const { logins: _before, ...before } = await world.snapshot();
    const again = await relock('recover', '--json');
    expect([...byCredential(again.stdout).keys()].sort()).toEqual(suspended.map(({ name }) => `itron/${name}`).sort());
    const { logins: _after, ...after } = await world.snapshot();
    expect(withoutHeads(after)).toEqual(withoutHeads(before));
    for (const { name } of suspended)
      for (const value of world.traffic.valuesOf(`itron/${name}`))
        expect(await world.logIn(name, value), name).not.toBe('accepted');
  }, 180_000);

  it('who was suspended is let in again with the new secret alone; then nothing is left', async () => {
    for (const { name } of suspended) {
      const reinstated = await relock('reinstate', `itron/${name}`);
      expect(reinstated.code, reinstated.stdout + reinstated.stderr).toBe(0);
      await world.expectOnlyCurrentOpens(name);
      expect(await world.current(name)).not.toBe(world.stolen(name));
    }
    expect(await relock('recover', '--json')).toMatchObject({ code: 0, stdout: '[]\n' });
  }, 180_000);
});

/** Whose an open record is changes each time that somebody looks whether it can be finished; nothing else may. */
function withoutHeads({ vault, ...rest }: Omit<Snapshot, 'logins'>): Omit<Snapshot, 'logins'> {
  return { ...rest, vault: Object.fromEntries(Object.entries(vault).map(([at, kept]) => [at, headless(kept)])) };
}

function headless(kept: unknown): unknown {
  const { relock_document: text } = (kept as { data: { relock_document?: string } }).data;
  const { record, ...document } = JSON.parse(text ?? '{}') as { record?: Record<string, unknown> | null };
  return record == null ? kept : { ...document, record: { ...record, head: '', pastHeads: [] } };
}
