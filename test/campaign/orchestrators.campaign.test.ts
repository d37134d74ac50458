import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../src/servers/findServer.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { type Ended, runRelock } from '../cli/runRelock.js';
import { say } from '../harness/say.js';
import type { Checkpoint } from './checkpoints.js';
import { type RelockDev, relockDev } from './relockDev.js';
import { type RelockProcess, startRelock } from './relockProcess.js';
import { endsOf, isJoined, startRotations } from './startRotations.js';
import { type Stoppable, type StoppableEstate, stoppableEstate } from './stoppableEstate.js';

const offsetsMs = [0, 300, 2_000];
const both = offsetsMs.flatMap((offset): readonly Stoppable[] => [
  { name: `two-${offset}`, kind: 'password', vendor: `v${offset}` },
  { name: `key-${offset}`, kind: 'ssh-key', vendor: `v${offset}` },
]);

/** When a person writes. */
const moments = ['opened', 'staged', 'applied', 'verified', 'promotedSaid'] as const satisfies readonly Checkpoint[];
const person = (prefix: string) =>
  moments.map((at) => ({ name: `${prefix}-${at.toLowerCase()}`, kind: 'password', vendor: 'itron', at }) as const);
/** A value that opens nothing. */
const typed = person('typed');
/** A value that the person also set on the host. */
const set = person('set');
const endsSet = {
  opened: { state: 'untouched', reason: 'drift' },
  // What was looked at is what is changed: a person's change after that is written over, on the host and in the vault.
  staged: { state: 'rotated' },
  applied: { state: 'rotated' },
  verified: { state: 'untouched', reason: 'superseded' },
  promotedSaid: { state: 'lost', open: true },
};
const alongside = person('live');

const credentials: readonly Stoppable[] = [
  { name: 'zombie', kind: 'password' },
  { name: 'afterwards', kind: 'password' },
  { name: 'sched', kind: 'password', vendor: 'sv', everyDays: 30 },
  ...both,
  ...typed,
  ...set,
  ...alongside,
];

let world: StoppableEstate;
let here: RelockDev;
let there: RelockDev;

beforeAll(async () => {
  world = await stoppableEstate(credentials, 2);
  const [one = '', other = ''] = world.folders;
  [here, there] = await Promise.all([relockDev(one, world.environment), relockDev(other, world.environment)]);
}, 300_000);

afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await world?.stop();
});

const folderOf = (dev: RelockDev) => world.folders[dev === here ? 0 : 1] ?? '';
const relock = (dev: RelockDev, args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  runRelock(folderOf(dev), args, { ...dev.environment, ...environment });

function letGo(): void {
  world.traffic.forgetStops();
  for (const proxy of world.proxies) proxy.letGo();
}

/** Each of them is rotated, up to its own place. */
async function bringTo(stops: readonly { readonly name: string; readonly at: Checkpoint }[]): Promise<void> {
  for (const { name, at } of stops) world.traffic.stopAt(`itron/${name}`, at);
  const rotations = stops.map(({ name }) => ({ name, policy: 'restore' as const }));
  await startRotations(folderOf(here), here.environment, world.estate(), rotations);
  await allStand(stops.map(({ name }) => name));
}

async function allStand(names: readonly string[]): Promise<void> {
  const stand = async () => names.every((name) => world.traffic.stands(`itron/${name}`)) || undefined;
  await waitUntil(stand, { what: `${names.join(', ')} at their places`, timeoutMs: 120_000 });
}

/** How the rotations of these ended, in order. */
function ends(stops: readonly { readonly name: string }[]) {
  return endsOf(
    folderOf(here),
    here.environment,
    stops.map(({ name }) => name),
  );
}

async function fenceHeld(names: readonly string[]): Promise<void> {
  for (const name of names) expect(world.traffic.oneRecordAtATime(`itron/${name}`), name).toBe(true);
  const open = await relock(here, ['recover', '--dry-run', '--json']);
  const left = (JSON.parse(open.stdout) as { credential: string }[]).map(({ credential }) => credential);
  for (const name of names) expect(left).not.toContain(`itron/${name}`);
}

const bao = promisify(execFile);

/** As a person does, with the vault's own command. */
async function putByHand(name: string, password: string): Promise<void> {
  const { address, rootToken, mount } = world.vault;
  const env = { PATH: process.env.PATH, BAO_ADDR: address, BAO_TOKEN: rootToken };
  const fields = [`username=u-${name}`, `password=${password}`];
  await bao(await findProgram('openbao', say), ['kv', 'put', `-mount=${mount}`, `itron/${name}`, ...fields], { env });
}

describe('two orchestrators, one credential', () => {
  it('two installations, each with an incident of its own, at once and staggered', async () => {
    const incident = (dev: RelockDev, vendor: string) =>
      relock(dev, ['incident', 'open', '--vendor', vendor, '--reason', 'INC-1', '--yes', '--json']);
    const pairs = await Promise.all(
      offsetsMs.map(async (offset) => {
        const first = incident(here, `v${offset}`);
        await delay(offset);
        const laterAt = Date.now();
        const later = incident(there, `v${offset}`);
        return { offset, laterAt, ended: [await first, await later] };
      }),
    );
    // Where the other took a record over, or had it first, one says so; recover ends what neither did.
    await relock(here, ['recover', '--json']);
    for (const { offset, laterAt, ended } of pairs) {
      const names = [`two-${offset}`, `key-${offset}`];
      await fenceHeld(names);
      await Promise.all(names.map((name) => world.expectOnlyCurrentOpens(name)));
      for (const one of ended)
        for (const [, state, reason] of statesIn(one))
          expect(['rotated', 'parked', 'pending', 'unverified(held)'], one.stdout).toContain(
            state === 'unverified' ? `${state}(${reason})` : state,
          );
      for (const name of names) expect(world.traffic.lastMadeAt(`itron/${name}`)).toBeGreaterThanOrEqual(laterAt);
    }
  }, 240_000);

  it('an incident in the middle of a scheduled rotation joins it, and rotates once more', async () => {
    world.traffic.stopAt('itron/sched', 'changed');
    await relock(here, ['schedule', 'apply']);
    expect(await relock(here, ['schedule', 'run', 'sv/30', '--no-wait'])).toMatchObject({ code: 0 });
    await allStand(['sched']);
    const scheduled = [...world.traffic.valuesOf('itron/sched')].filter((value) => value !== world.stolen('sched'));
    const openedAt = Date.now();
    const incident = relock(here, ['incident', 'open', '--vendor', 'sv', '--reason', 'INC-2', '--yes', '--json']);
    await waitUntil(async () => ((await isJoined(folderOf(here), here.environment, 'sched')) ? true : undefined), {
      what: 'the incident that joins',
      timeoutMs: 60_000,
    });
    letGo();
    const ended = await incident;
    expect(statesIn(ended), ended.stdout).toEqual([['itron/sched', 'rotated', undefined]]);
    expect(scheduled).toHaveLength(1);
    expect(scheduled).not.toContain(await world.current('sched'));
    await world.expectOnlyCurrentOpens('sched', scheduled);
    expect(world.traffic.lastMadeAt('itron/sched')).toBeGreaterThanOrEqual(openedAt);
    await fenceHeld(['sched']);
  }, 120_000);

  it('relock recover beside a live worker, in every phase: both end as the one record was closed', async () => {
    await bringTo(alongside);
    const listsBefore = world.traffic.lists;
    const recovering = relock(there, ['recover', '--json'], { TEMPORAL_ADDRESS: '127.0.0.1:9' });
    const asks = async () => (world.traffic.lists > listsBefore ? true : undefined);
    await waitUntil(asks, { what: 'relock recover to ask for open records', timeoutMs: 60_000 });
    letGo();
    const recovered = JSON.parse((await recovering).stdout) as { credential: string; state: string }[];
    expect(recovered.map(({ credential, state }) => [credential, state]).sort()).toEqual(
      alongside.map(({ name }) => [`itron/${name}`, 'rotated']).sort(),
    );
    expect(await ends(alongside)).toMatchObject(alongside.map(() => ({ state: 'rotated', open: false })));
    await fenceHeld(alongside.map(({ name }) => name));
    await Promise.all(alongside.map(({ name }) => world.expectOnlyCurrentOpens(name)));
  }, 120_000);

  it('a person writes another value into the vault, in every phase: ours goes over it, or the end says that theirs is there', async () => {
    await bringTo(typed);
    for (const { name } of typed) await putByHand(name, `Typed-${name}`);
    letGo();
    const ended = await ends(typed);
    await fenceHeld(typed.map(({ name }) => name));
    for (const [index, { name, at }] of typed.entries()) {
      const stays = at === 'promotedSaid';
      const stale = stays ? [`primary:itron/${name}`] : [];
      expect(ended[index], name).toMatchObject({
        state: 'rotated',
        reason: stays ? 'superseded' : null,
        flags: { stale },
      });
      if (stays) expect(await world.current(name)).toBe(`Typed-${name}`);
      else await world.expectOnlyCurrentOpens(name, [`Typed-${name}`]);
      expect(await world.logIn(name, world.stolen(name)), name).toBe('refused');
    }
  }, 120_000);

  it('a person sets another value on the host and in the vault, in every phase: nobody is locked out', async () => {
    await bringTo(set);
    for (const { name } of set) {
      await world.host.setPassword(`u-${name}`, `ByHand-${name}`);
      await putByHand(name, `ByHand-${name}`);
    }
    letGo();
    const ended = await ends(set);
    for (const [index, { name, at }] of set.entries()) {
      expect(ended[index], name).toMatchObject(endsSet[at]);
      expect(world.traffic.oneRecordAtATime(`itron/${name}`), name).toBe(true);
      await world.expectOnlyCurrentOpens(name, [`ByHand-${name}`]);
    }
  }, 120_000);

  it('H2: a worker that is stopped in mid-step and wakes after the next rotation sets nothing', async () => {
    await bringTo([{ name: 'zombie', at: 'applied' }]);
    here.send('SIGSTOP');
    world.traffic.forgetStops();
    const ring = { RELOCK_CODEC_KEY_FILE: join(folderOf(here), '.relock', 'codec.keys') };
    const other: RelockProcess = await startRelock(
      folderOf(here),
      ['worker'],
      { ...here.environment, ...ring },
      'working on',
    );
    expect(await ends([{ name: 'zombie' }])).toMatchObject([{ state: 'rotated' }]);
    const again = await relock(here, ['rotate', 'itron/zombie', '--json']);
    expect(JSON.parse(again.stdout), again.stderr).toMatchObject({ state: 'rotated' });
    await other.stop();
    for (const proxy of world.proxies) proxy.letGo();
    here.send('SIGCONT');
    const after = await relock(here, ['rotate', 'itron/afterwards', '--json']);
    expect(JSON.parse(after.stdout), after.stderr).toMatchObject({ state: 'rotated' });
    await world.expectOnlyCurrentOpens('zombie');
    await fenceHeld(['zombie', 'afterwards']);
  }, 240_000);
});

function statesIn({ stdout, stderr }: Ended): readonly (readonly [string, string, string | undefined])[] {
  const status = JSON.parse(stdout) as { credentials?: { id: string; state: string; reason?: string }[] };
  expect(status, stderr).toHaveProperty('credentials');
  return (status.credentials ?? []).map(({ id, state, reason }) => [id, state, reason] as const).sort();
}
