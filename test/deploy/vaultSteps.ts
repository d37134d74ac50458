import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { z } from 'zod';
import { liveFindings } from '../../src/cli/check/liveCheck.js';
import type { Estate } from '../../src/config/estate.js';
import { productRegistries } from '../../src/config/productRegistries.js';
import type { TargetType } from '../../src/contracts/registration.js';
import type { Verbs } from '../../src/protocol/verbs.js';
import { findOpenRecords } from '../../src/recover/findOpenRecords.js';
import { Secret } from '../../src/secret/secret.js';
import { MemoryTargetDriver } from '../../src/targets/memory/driver.js';
import { MemoryFleet } from '../../src/targets/memory/fleet.js';
import { passwordDevice } from '../workflows/memoryBench.js';
import { loadHere } from './loadHere.js';
import { rotateHere, type Step } from './rotateHere.js';

/** A vault on a real server, as its administrator and as relock. */
export interface VaultAtHand {
  /** Its entry in relock.yaml, by the login that is under test. */
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
  /** As an administrator. */
  personWrites(path: string, content: Readonly<Record<string, string>>): Promise<void>;
}

const management = { account: 'root', secret: Secret.of({ password: 'of-the-devices-root' }) };

/** Simulated devices, each with an account `svc`: what is under test is the vault. */
class Devices {
  readonly #fleet = new MemoryFleet(Date.now);

  add(id: string, password: string): void {
    const device = this.#fleet.add(id, { capabilities: passwordDevice, fields: ['password'], management });
    device.setAccount('svc', [Secret.of({ password })]);
  }

  type(): TargetType {
    return {
      type: 'device',
      settings: z.strictObject({}),
      example: {},
      kinds: {
        password: {
          capabilities: () => passwordDevice,
          accountProblem: () => null,
          create: ({ id }) => new MemoryTargetDriver(this.#fleet.device(id)),
        },
      },
      host: () => 'devices',
    };
  }
}

/** Where in the vault things are. */
export interface Folders {
  readonly folder: string;
  readonly managementFolder: string;
}

export const usualFolders: Folders = { folder: 'itron', managementFolder: 'mgmt' };

export interface Made {
  readonly estate: Estate;
  /** Its secret is in the vault; a second copy of it is too. */
  readonly known: string;
  /** The vault has no secret of it yet. */
  readonly unknown: string;
  /** The same, seen with another login to the vault. */
  readonly seenWith: (environment: Readonly<Record<string, string>>) => Estate;
}

/** Two credentials of their own, on devices of their own. */
export async function credentialsIn(vault: VaultAtHand, { folder, managementFolder }: Folders): Promise<Made> {
  const id = randomUUID().slice(0, 8);
  const devices = new Devices();
  devices.add('dev-known', 'old-known');
  devices.add('dev-unknown', 'old-unknown');
  const known = `${folder}/known-${id}`;
  await vault.personWrites(known, { username: 'svc', password: 'old-known' });
  await vault.personWrites(`${known}-copy`, { username: 'svc', password: 'old-known' });
  await vault.personWrites(`${managementFolder}/devices`, { password: management.secret.reveal('password') });
  const device = `{ type: device, management: { account: root, secret: "primary:${managementFolder}/devices" } }`;
  const credential = (name: string, targets: string, copies: readonly string[], adopt = false) =>
    `  - { id: ${name}, vendor: itron, kind: password, account: svc, targets: [${targets}], copies: [${copies.map((copy) => `"primary:${copy}"`).join(', ')}], adopt: ${adopt} }`;
  const unknown = `${folder}/unknown-${id}`;
  const yaml = [
    'vaults:',
    `  primary: ${vault.entry}`,
    'artifacts: { driver: folder, path: ./evidence }',
    'timing: { effectMs: 5000, probeAgainMs: 100, settleDeadlineMs: 2000, stragglerMs: 1000, callMs: 10000, probeMs: 2000 }',
    `targets: { dev-known: ${device}, dev-unknown: ${device} }`,
    'credentials:',
    credential(known, 'dev-known', [known, `${known}-copy`]),
    credential(unknown, 'dev-unknown', [unknown], true),
    '',
  ].join('\n');
  const registries = { ...productRegistries, targets: [devices.type()] };
  const seenWith: Made['seenWith'] = (environment) => loadHere(yaml, environment, registries);
  return { estate: seenWith(vault.environment), known, unknown, seenWith };
}

/** Rotations to their ends, and one that is undone; by the estate's own hands or by these. */
export function rotationSteps({ estate, known }: Made, verbs?: Verbs): readonly Step[] {
  const by = verbs === undefined ? {} : { verbs };
  return [
    {
      name: 'rotate',
      run: async () => expect(await rotateHere(estate, known, by)).toMatchObject(rotatedCleanly),
    },
    {
      name: 'rotate in an incident',
      run: async () =>
        expect(await rotateHere(estate, known, { ...by, policy: 'forward' })).toMatchObject(rotatedCleanly),
    },
    {
      name: 'undo',
      run: async () =>
        expect(await rotateHere(estate, known, { ...by, cancelAt: 'verified' })).toMatchObject({ state: 'rolledBack' }),
    },
  ];
}

/** All that relock does with a vault: rotations, a first secret, recovery, and at last `relock check`. */
export function vaultSteps(made: Made): readonly Step[] {
  const { estate, known, unknown } = made;
  const signal = new AbortController().signal;
  return [
    ...rotationSteps(made),
    {
      name: 'first secret',
      run: async () =>
        expect(await rotateHere(estate, unknown)).toMatchObject({ state: 'replaced', reason: 'adopted' }),
    },
    {
      name: 'recover',
      run: async () => {
        const open = await findOpenRecords(estate, () => ({ signal, deadline: Date.now() + 10_000 }));
        expect(open.filter(({ record }) => record.credential === known)).toEqual([]);
      },
    },
    {
      name: 'check',
      run: async () => expect(await liveFindings(estate, { signal, now: Date.now })).toEqual([]),
    },
  ];
}

const rotatedCleanly = { state: 'rotated', flags: { exposed: false, stale: [], unsaved: [] }, open: false };
