import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Capabilities } from '../../src/model/capabilities.js';
import type { TargetId } from '../../src/model/record.js';
import { profiles } from '../harness/devices.js';

/** What every process of a run must agree on; it is a file in the run's folder. */
export interface LoadSpec {
  readonly folder: string;
  readonly temporal: string;
  readonly credentials: number;
  readonly seed: number;
  /** How often each kind of fault happens, in percent of calls. */
  readonly faultPercent: number;
}

export const vendor = 'acme';
export const incidentKey = 'load';
export const account = 'svc';
/** Management logins of all devices are kept here. */
export const managementPath = 'mgmt';

/** What was sent to a device is settled after this, so what a device does late it does within it. */
export const settleMs = 400;

export interface LoadDevice {
  readonly id: TargetId;
  readonly capabilities: Capabilities;
}

export interface LoadCredential {
  readonly id: string;
  /** Counted from 1. */
  readonly number: number;
  readonly devices: readonly LoadDevice[];
}

/** Of ten: six with one slot, three with overlap, one that must be saved; every tenth is on two devices. */
export function loadCredentials(count: number): readonly LoadCredential[] {
  return Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const capabilities = { ...kindOf(number), settleMs };
    const letters = number % 10 === 0 ? ['a', 'b'] : ['a'];
    const devices = letters.map((letter) => ({ id: `dev-${number}-${letter}`, capabilities }));
    return { id: `${vendor}/svc-${number}`, number, devices };
  });
}

function kindOf(number: number): Capabilities {
  const rest = number % 10;
  if (rest === 5) return profiles.saves;
  return rest === 2 || rest === 4 || rest === 8 ? profiles.keyFile : profiles.setsAgain;
}

export const places = {
  spec: (folder: string) => join(folder, 'load.json'),
  socket: (folder: string) => join(folder, 'estate.sock'),
  keys: (folder: string) => join(folder, 'codec.keys'),
  bundle: (folder: string) => join(folder, 'workflows.bundle.js'),
  results: (folder: string, incident: string) => join(folder, 'evidence', 'results', incident, vendor),
  evidence: (folder: string) => join(folder, 'evidence'),
  temporalData: (folder: string) => join(folder, 'temporal.db'),
  log: (folder: string, of: string) => join(folder, `${of}.log`),
};

export function writeSpec(spec: LoadSpec): void {
  writeFileSync(places.spec(spec.folder), JSON.stringify(spec));
}

/** Of the run whose folder a program is given. */
export function readSpec(folder = process.argv[2] ?? ''): LoadSpec {
  return JSON.parse(readFileSync(places.spec(folder), 'utf8'));
}
