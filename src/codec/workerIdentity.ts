import { hostname } from 'node:os';
import { plainIds, type WorkflowIds } from '../model/workflowIds.js';
import type { RelockWorkerOptions } from '../worker.js';
import { encryptingConverter } from './dataConverter.js';
import type { KeyRing } from './keyRing.js';

/** What a worker with these keys, that calls workflows so, is made with. `config`: the fingerprint of its relock.yaml. */
export function workingWith(
  ring: KeyRing,
  { fingerprint }: WorkflowIds = plainIds,
  config: string | null = null,
): Pick<RelockWorkerOptions, 'dataConverter' | 'identity'> {
  // As the SDK names a worker, and what clients must know of it beforehand: whether it could read what they send.
  const identity = [
    `${process.pid}@${hostname()}`,
    `keys:${someOf(ring.names).join(',')}`,
    ...(fingerprint === null ? [] : [`ids:${fingerprint}`]),
    ...(config === null ? [] : [`config:${config}`]),
  ].join(' ');
  return { dataConverter: encryptingConverter(ring), identity };
}

/** An identity is short: of many keys those that encrypt, or will, which are the last ones and the first one. */
function someOf(names: readonly string[]): readonly string[] {
  return names.length <= 10 ? names : [...names.slice(0, 1), ...names.slice(-9)];
}

/** Names of a worker's keys; null: it says nothing of them. */
export function keysInIdentity(identity: string): readonly string[] | null {
  return said(identity, 'keys')?.split(',') ?? null;
}

/** The fingerprint of a worker's key of ids; null: its ids are names. */
export function idsInIdentity(identity: string): string | null {
  return said(identity, 'ids');
}

/** The fingerprint of the relock.yaml that a worker was started with; null: it says nothing of it. */
export function configInIdentity(identity: string): string | null {
  return said(identity, 'config');
}

function said(identity: string, what: 'keys' | 'ids' | 'config'): string | null {
  const part = identity.split(' ').find((each) => each.startsWith(`${what}:`));
  return part?.slice(what.length + 1) ?? null;
}
