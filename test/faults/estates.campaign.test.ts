import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeKeyFile, readKeyFile } from '../../src/codec/keyFile.js';
import type { KeyRing } from '../../src/codec/keyRing.js';
import type { Estate } from '../../src/config/estate.js';
import { loadEstate } from '../../src/config/loadEstate.js';
import { runRelock } from '../cli/runRelock.js';
import { startTemporal, type TestTemporal } from '../harness/temporal.js';
import { temporalBench } from '../workflows/temporalBench.js';
import type { EstateKind, FaultEstate, KnownSecret, Login } from './estate.js';
import { estateKinds } from './estates/index.js';
import { expectationOf, fieldsOf } from './estates.expectations.js';

const namespaceOf = (kind: EstateKind) => `estate-${estateKinds.indexOf(kind)}`;

let scratch: string;
let keyFile: string;
let ring: KeyRing;
let temporal: TestTemporal;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'relock-estates-'));
  keyFile = join(scratch, 'codec.keys');
  makeKeyFile(keyFile, Date.now());
  const made = readKeyFile(keyFile);
  if (made === 'missing') throw new Error('no key ring was made');
  ring = made;
  temporal = await startTemporal({ namespaces: estateKinds.map(namespaceOf) });
});
afterAll(async () => {
  await temporal?.stop();
  await rm(scratch, { recursive: true, force: true });
});

/** What `relock rotate` says of it, with a worker that lives as long as this takes. */
async function rotate(kind: EstateKind, { folder, environment, credential }: FaultEstate): Promise<unknown> {
  const bench = await temporalBench(temporal.address, namespaceOf(kind), ring);
  try {
    await bench.startWorker(loaded(folder, environment));
    const place = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: namespaceOf(kind) };
    const env = { ...environment, ...place, RELOCK_CODEC_KEY_FILE: keyFile };
    const { code, stdout, stderr } = await runRelock(folder, ['--json', 'rotate', credential], env);
    return stdout.startsWith('{') ? JSON.parse(stdout) : { code, stdout, stderr };
  } finally {
    await bench.close();
  }
}

function loaded(folder: string, environment: FaultEstate['environment']): Estate {
  const found = loadEstate(join(folder, 'relock.yaml'), { environment, now: Date.now });
  if ('problems' in found) throw new Error(JSON.stringify(found.problems));
  return found.estate;
}

/** Events that no earlier kind has on the same kind of server: a target's, or a vault's. */
function eventsOf(kind: EstateKind, { events }: FaultEstate): readonly string[] {
  const serverOf = ({ name }: EstateKind, event: string) => name.split(',')[event.includes('target') ? 0 : 1];
  const earlier = estateKinds.slice(0, estateKinds.indexOf(kind));
  return Object.keys(events).filter(
    (event) => !earlier.some((one) => serverOf(one, event) === serverOf(kind, event)) && !event.endsWith('vault-2'),
  );
}

async function loginsOf(estate: FaultEstate, fields: Readonly<Record<string, string>>): Promise<readonly Login[]> {
  const logins = estate.targets.map((target) => estate.logIn(target, { name: 'any', fields }));
  return [...new Set(await Promise.all(logins))];
}

async function isFresh(estate: FaultEstate): Promise<void> {
  const old = await estate.reset();
  const { copies, held, isOpen } = await estate.look();
  expect({ held, isOpen }).toEqual({ held: [], isOpen: false });
  for (const copy of copies) {
    if (old.isVendors === true) expect(copy).toBeNull();
    else expect(fieldsOf(copy)).toMatchObject(old.fields);
  }
  expect(await loginsOf(estate, old.fields)).toEqual(['accepted']);
  expect(await estate.accepts('target')).toBeOneOf([null, 1]);
}

const tooSlow = /silent|vaultUnavailable/;

/** Its time-outs are short: on a busy machine a server may be silent for one. That changes nothing. */
function wasSilent(said: unknown): boolean {
  return tooSlow.test(JSON.stringify(said));
}

async function isRotated(kind: EstateKind, estate: FaultEstate): Promise<void> {
  const old = await estate.reset();
  const before = await estate.look();
  let said = await rotate(kind, estate);
  for (let again = 0; again < 5 && wasSilent(said); again += 1) said = await rotate(kind, estate);
  expect(said).toMatchObject(endFor(old));
  const { copies, held, isOpen } = await estate.look();
  expect({ held: held.length, isOpen }).toEqual({ held: 1, isOpen: false });
  for (const { fields } of held)
    expect(await loginsOf(estate, { ...fieldsOf(copies[0]), ...fields })).toEqual(['accepted']);
  for (const copy of copies) {
    expect(await loginsOf(estate, fieldsOf(copy))).toEqual(['accepted']);
    expect(fieldsOf(copy).note).toBe(fieldsOf(before.copies[0]).note);
  }
  // What the vendor had beside may still open something, and the end says so.
  if (old.isVendors === true) return;
  expect(await loginsOf(estate, old.fields)).toEqual(['refused']);
  expect(await estate.accepts('target')).toBeOneOf([null, 1]);
}

function endFor({ isVendors = false }: KnownSecret): object {
  const adopted = { state: 'replaced', reason: 'adopted', flags: { exposed: true } };
  return { ...(isVendors ? adopted : { state: 'rotated' }), open: false };
}

it.concurrent.each(estateKinds)(
  '$name: fresh after a reset, rotated by relock, and every event is what it says',
  async (kind) => {
    const estate = await kind.start(async ({ host, port }) => `${host}:${port}`);
    try {
      await isFresh(estate);
      await isRotated(kind, estate);
      for (const event of eventsOf(kind, estate)) await expectationOf(event)(estate, event);
    } finally {
      await estate.stop();
    }
  },
  300_000,
);
