import type { TargetDriver } from '../../src/contracts/targetDriver.js';
import type { DocumentStore } from '../../src/ledger/documentStore.js';
import type { Capabilities } from '../../src/model/capabilities.js';
import type { EstateLine } from './estateLine.js';
import type { Call } from './wire.js';

/** The estate server's name for its vault. */
export const documentsObject = 'documents';

const targetPrefix = 'target ';

export function targetObject(id: string): string {
  return `${targetPrefix}${id}`;
}

/** The device, or the path in the vault, that a call is about. */
export function subjectOf({ object, args }: Pick<Call, 'object' | 'args'>): string {
  return object === documentsObject ? `${args[1]}` : object.slice(targetPrefix.length);
}

/** The vault in the estate server. */
export function remoteDocuments(line: EstateLine): DocumentStore {
  const object = documentsObject;
  return {
    driver: 'memory',
    read: (...args) => line.call(object, 'read', ...args),
    write: (...args) => line.call(object, 'write', ...args),
    list: (...args) => line.call(object, 'list', ...args),
    check: (...args) => line.call(object, 'check', ...args),
  };
}

/** A device in the estate server. It has every verb; its capabilities say which are to be used. */
export function remoteTarget(line: EstateLine, id: string, capabilities: Capabilities): TargetDriver {
  const object = targetObject(id);
  return {
    capabilities,
    check: (...args) => line.call(object, 'check', ...args),
    probe: (...args) => line.call(object, 'probe', ...args),
    change: (...args) => line.call(object, 'change', ...args),
    make: (...args) => line.call(object, 'make', ...args),
    enumerate: (...args) => line.call(object, 'enumerate', ...args),
    dropSlot: (...args) => line.call(object, 'dropSlot', ...args),
    capture: (...args) => line.call(object, 'capture', ...args),
    revert: (...args) => line.call(object, 'revert', ...args),
    retire: (...args) => line.call(object, 'retire', ...args),
    confirm: (...args) => line.call(object, 'confirm', ...args),
    endSessions: (...args) => line.call(object, 'endSessions', ...args),
    suspend: (...args) => line.call(object, 'suspend', ...args),
    reinstate: (...args) => line.call(object, 'reinstate', ...args),
  };
}
