import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { createRotationVerbs } from '../../src/activities/rotation.js';
import { liveFindings } from '../../src/cli/check/liveCheck.js';
import type { Estate } from '../../src/config/estate.js';
import { DriverError } from '../../src/model/errors.js';
import type { CredentialKind } from '../../src/model/kinds.js';
import { findOpenRecords } from '../../src/recover/findOpenRecords.js';
import { finishRecord } from '../../src/recover/finishRecord.js';
import { reinstate } from '../../src/recover/reinstate.js';
import { Secret } from '../../src/secret/secret.js';
import { AgeDocuments } from '../../src/vaults/file/ageDocuments.js';
import { createIdentity } from '../../src/vaults/file/identity.js';
import { callContext } from '../contract/vaultBackend.harness.js';
import { loadHere } from './loadHere.js';
import { ownClock, rotateHere, type Step } from './rotateHere.js';

/** One account on a real target, and the management login whose rights are under test. */
export interface ManagedAccount {
  /** The target's settings in relock.yaml: `type: linux, address: …`. */
  readonly target: string;
  readonly management: { readonly account: string; readonly secret: Secret };
  readonly kind: CredentialKind;
  readonly account: string;
  readonly secret: Secret;
  /** Of the account, with this secret; absent: the target has none that could be ended. */
  openSession?(secret: Secret): Promise<{ alive(): Promise<boolean>; close(): Promise<void> }>;
  /** What the target keeps of the secret: an undo puts back exactly that. */
  kept(): Promise<string>;
  readonly suspends: boolean;
}

interface Prepared {
  readonly estate: Estate;
  readonly id: string;
  readonly current: () => Promise<Secret>;
}

/** The account's secret and the login's in a vault of age files. */
async function prepare(one: ManagedAccount): Promise<Prepared> {
  const folder = mkdtempSync(join(tmpdir(), 'relock-vault-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await createIdentity(join(folder, 'key'));
  mkdirSync(join(folder, 'vault'), { mode: 0o700 });
  const documents = new AgeDocuments(join(folder, 'vault'), join(folder, 'key'));
  const id = `itron/${randomUUID()}`;
  for (const [path, fields] of [
    [id, one.secret],
    ['mgmt/login', one.management.secret],
  ] as const) {
    const { revision } = await documents.read('readers', path, callContext());
    await documents.write('readers', path, { fields, rest: null }, revision, callContext());
  }
  const yaml = [
    `vaults: { primary: { driver: file, path: ${folder}/vault, identityFile: ${folder}/key } }`,
    'artifacts: { driver: folder, path: ./evidence }',
    'timing: { effectMs: 3000, probeAgainMs: 100, settleDeadlineMs: 2000, stragglerMs: 1000, callMs: 15000, probeMs: 5000 }',
    'targets:',
    `  under-test: { ${one.target}, management: { account: ${one.management.account}, secret: "primary:mgmt/login" } }`,
    'credentials:',
    `  - { id: ${id}, vendor: itron, kind: ${one.kind}, account: ${one.account}, targets: [under-test], copies: ["primary:${id}"] }`,
    '',
  ].join('\n');
  const current = async () => (await documents.read('readers', id, callContext())).content?.fields ?? Secret.of({});
  return { estate: loadHere(yaml, {}), id, current };
}

/** All that relock does by a management login: rotations, sessions ended, undo, suspension and its end, `relock check`. */
export async function targetSteps(one: ManagedAccount): Promise<readonly Step[]> {
  const prepared = await prepare(one);
  const { estate, id } = prepared;
  return [
    {
      name: 'rotate',
      run: async () => expect(await rotateHere(estate, id)).toMatchObject(rotatedCleanly),
    },
    { name: 'rotate in an incident', run: () => endingSessions(one, prepared) },
    {
      name: 'undo',
      run: async () => {
        const before = await one.kept();
        expect(await rotateHere(estate, id, { cancelAt: 'verified' })).toMatchObject({ state: 'rolledBack' });
        expect(await one.kept()).toBe(before);
      },
    },
    ...(one.suspends ? [{ name: 'suspend and reinstate', run: () => suspendAndReinstate(prepared) }] : []),
    {
      name: 'check',
      run: async () => {
        const findings = await liveFindings(estate, { signal: new AbortController().signal, now: Date.now });
        expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
      },
    },
  ];
}

async function endingSessions(one: ManagedAccount, { estate, id, current }: Prepared): Promise<void> {
  const session = await one.openSession?.(await current());
  try {
    expect(await rotateHere(estate, id, { policy: 'forward' })).toMatchObject(rotatedCleanly);
    if (session !== undefined) expect(await session.alive()).toBe(false);
  } finally {
    await session?.close();
  }
}

/** Readers cannot be given the new secret, and the policy is to let nobody in then. */
async function suspendAndReinstate({ estate, id }: Prepared): Promise<void> {
  const clock = ownClock();
  const verbs = createRotationVerbs({ estate, clock, vantage: 'main' });
  const promote = () => Promise.reject(refused(id));
  expect(await rotateHere(estate, id, { policy: 'disable', verbs: { ...verbs, promote } })).toMatchObject({
    state: 'disabled',
  });
  const [open] = await findOpenRecords(estate, callContext);
  if (open?.entry == null) throw new Error('the rotation left no record');
  const record = await reinstate(estate, open.record, 'forward', clock);
  const quiet = { clock, onStep: () => undefined, onWait: () => undefined };
  expect(await finishRecord(estate, open.entry, record, quiet)).toMatchObject({ result: rotatedCleanly });
}

function refused(subject: string): DriverError {
  return new DriverError({ code: 'Refused', effect: 'none', driver: 'test', subject, message: 'not now' });
}

const rotatedCleanly = { state: 'rotated', flags: { exposed: false, stale: [], unsaved: [] }, open: false };
