import { hostname } from 'node:os';
import type { RelockWorkerOptions } from '../worker.js';
import { encryptingConverter } from './dataConverter.js';
import type { KeyRing } from './keyRing.js';

const mark = ' keys:';

/** What a worker with these keys is made with. */
export function workingWith(ring: KeyRing): Pick<RelockWorkerOptions, 'dataConverter' | 'identity'> {
  return { dataConverter: encryptingConverter(ring), identity: identityWith(ring) };
}

/** As the SDK names a worker, and with the names of its keys: clients see beforehand whether it could read them. */
function identityWith(ring: KeyRing): string {
  return `${process.pid}@${hostname()}${mark}${someOf(ring.names).join(',')}`;
}

/** An identity is short: of many keys those that encrypt, or will, which are the last ones and the first one. */
function someOf(names: readonly string[]): readonly string[] {
  return names.length <= 10 ? names : [...names.slice(0, 1), ...names.slice(-9)];
}

/** Names of a worker's keys; null: it says nothing of them. */
export function keysInIdentity(identity: string): readonly string[] | null {
  const at = identity.indexOf(mark);
  return at < 0 ? null : identity.slice(at + mark.length).split(',');
}
