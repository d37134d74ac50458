import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { runRelock } from '../cli/runRelock.js';
import { tryLogin } from '../harness/sshLogin.js';
import { type RealEstate, startRealEstate } from './realEstate.js';
import { type RelockDev, relockDev } from './relockDev.js';

let estate: RealEstate;
let dev: RelockDev;

beforeEach(async () => {
  estate = await startRealEstate();
  dev = await relockDev(estate.folder, estate.environment);
}, 180_000);

afterEach(async () => {
  await dev?.stop();
  await estate?.stop();
});

const relock = (...args: string[]) => runRelock(estate.folder, args, dev.environment);
const open = () => relock('incident', 'open', '--vendor', 'itron', '--reason', 'INC-9', '--yes', '--json');

/** Resolves as soon as readers of some credential get something else than the vendor knew. */
function firstRotated(): Promise<true> {
  const look = async () => {
    const seen = await Promise.all(['itron/headend-svc', 'itron/gateway'].map((path) => estate.vault.readerSees(path)));
    const stolen = [estate.stolen['itron/headend-svc'], estate.stolen['itron/gateway']];
    return seen.some((value, index) => value?.password !== stolen[index]) ? true : undefined;
  };
  return waitUntil(look, { what: 'the first rotation', timeoutMs: 60_000 });
}

/** By the stock client alone: what the vault says opens every host, what the vendor knew opens none. */
async function provenOutside(path: string, user: string, addresses: readonly string[]): Promise<void> {
  const password = String((await estate.vault.readerSees(path))?.password);
  for (const address of addresses) {
    expect(await tryLogin({ address, user, password })).toBe('accepted');
    expect(await tryLogin({ address, user, password: estate.stolen[path] ?? '' })).toBe('refused');
  }
}

async function everythingProvenOutside(): Promise<void> {
  const [first] = estate.hosts.map((host) => host.address);
  await provenOutside('itron/headend-svc', 'itron-svc', [first ?? '']);
  await provenOutside(
    'itron/everywhere',
    'itron-all',
    estate.hosts.map((host) => host.address),
  );
  await provenOutside('itron/gateway', 'itron-gw', [estate.gateway.address]);
}

describe('server and worker are killed in the middle of a real incident', () => {
  it('the same command carries on, and the client that waits goes on waiting', async () => {
    const waiting = open();
    await firstRotated();
    await dev.kill();
    await dev.start();
    const status = JSON.parse((await waiting).stdout);
    const rest = status.credentials.filter(({ state }: { state: string }) => state !== 'rotated');
    expect(rest).toMatchObject([{ id: 'itron/off', state: 'untouched', reason: 'unreachable' }]);
    expect(status.state).toBe('finished');
    await everythingProvenOutside();
  }, 240_000);

  it('with Temporal and its data gone for good, recover finishes from vaults and targets', async () => {
    const waiting = open();
    await firstRotated();
    await dev.kill();
    rmSync(join(estate.folder, 'data'), { recursive: true, force: true });
    const recovered = await relock('recover', '--json');
    expect([0, 3], `${recovered.stdout}${recovered.stderr}`).toContain(recovered.code);
    const again = await relock('recover', '--json');
    expect(JSON.parse(again.stdout)).toEqual([]);
    await dev.start();
    await relock('incident', 'open', '--vendor', 'itron', '--reason', 'INC-10', '--yes', '--json');
    await everythingProvenOutside();
    expect((await waiting).code).toBe(2);
  }, 240_000);
});
