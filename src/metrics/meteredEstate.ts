import type { Estate, TargetEntry } from '../config/estate.js';
import { LazyMap } from '../config/lazyMap.js';
import type { BoundTarget } from '../contracts/registration.js';
import type { VaultBackend } from '../contracts/vaultBackend.js';
import { type CallMeter, metered } from '../decorate/metered.js';

/** The same estate, every call to its vaults and targets timed. Drivers are still made when they are first needed. */
export function meteredEstate(estate: Estate, meter: CallMeter): Estate {
  const vaults = new LazyMap(
    new Map([...estate.vaults.keys()].map((name) => [name, () => vaultOf(estate, name, meter)])),
  );
  const targets = new Map([...estate.targets].map(([id, entry]) => [id, targetOf(entry, meter)]));
  return new Proxy(estate, {
    get(inner, key) {
      if (key === 'vaults') return vaults;
      return key === 'targets' ? targets : Reflect.get(inner, key, inner);
    },
  });
}

function vaultOf(estate: Estate, name: string, meter: CallMeter): VaultBackend {
  const vault = estate.vaults.get(name);
  if (vault === undefined) throw new RangeError('a vault of the estate vanished');
  return metered(vault, { side: 'vault', driver: vault.driver }, meter);
}

function targetOf(entry: TargetEntry, meter: CallMeter): TargetEntry {
  const { type, bound } = entry;
  const driver: BoundTarget['driver'] = (kind) => metered(bound.driver(kind), { side: 'target', driver: type }, meter);
  const timed = new Proxy(bound, {
    get: (inner, key) => (key === 'driver' ? driver : Reflect.get(inner, key, inner)),
  });
  return { ...entry, bound: timed };
}
