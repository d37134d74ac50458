import { hostname } from 'node:os';
import { plainIds, type WorkflowIds } from '../model/workflowIds.js';
import type { RelockWorkerOptions } from '../worker.js';
import { encryptingConverter } from './dataConverter.js';
import type { KeyRing } from './keyRing.js';

const mark = ' keys:';
const idsMark = ' ids:';

/** What a worker with these keys, that calls workflows so, is made with. */
export function workingWith(
  ring: KeyRing,
  { fingerprint }: WorkflowIds = plainIds,
): Pick<RelockWorkerOptions, 'dataConverter' | 'identity'> {
  const calling = fingerprint === null ? '' : `${idsMark}${fingerprint}`;
  return { dataConverter: encryptingConverter(ring), identity: `${identityWith(ring)}${calling}` };
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
  if (at < 0) return null;
  const [names = ''] = identity.slice(at + mark.length).split(idsMark);
  return names.split(',');
}

/** The fingerprint of a worker's key of ids; null: its ids are names. */
export function idsInIdentity(identity: string): string | null {
  return identity.split(idsMark)[1] ?? null;
}
