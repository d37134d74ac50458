import type { VaultType } from '../contracts/registration.js';
import type { VaultBackend } from '../contracts/vaultBackend.js';
import type { CopyShapes } from '../model/copyShape.js';
import { vaultNameProblem } from '../model/identifiers.js';
import { quoted } from '../model/printable.js';
import { driverSettings } from './driverSettings.js';
import type { Part } from './issues.js';
import { isRecord, type Loading, type Named } from './loading.js';
import { didYouMean } from './nearest.js';

export interface LoadedVault {
  readonly type: VaultType;
  readonly create: (shapes: CopyShapes) => VaultBackend;
}

export function loadVaults(entries: Readonly<Record<string, unknown>>, loading: Loading): Named<LoadedVault> {
  const names = Object.keys(entries);
  if (names.length === 0)
    loading.problems.add(
      ['vaults'],
      '"vaults" names none; expected at least one, such as primary: { driver: file, … }',
    );
  return new Map(names.map((name) => [name, loadVault(name, entries[name], loading)]));
}

function loadVault(name: string, entry: unknown, loading: Loading): LoadedVault | null {
  const part = { path: ['vaults', name], title: `vault ${quoted(name)}` };
  const nameProblem = vaultNameProblem(name);
  if (nameProblem !== null) loading.problems.add(part.path, `${part.title}: the name is not allowed; ${nameProblem}`);
  const named = namedDriver(entry, part, loading, loading.registries.vaults, (type) => type.names);
  if (named === null) return null;
  const accepted = driverSettings(named.type.settings, named.entry, ['driver'], part, loading);
  if (accepted === null) return null;
  return { type: named.type, create: (shapes) => named.type.create(accepted.settings, loading.environment, shapes) };
}

/** The driver that an entry's `driver` names. */
export function namedDriver<Type>(
  entry: unknown,
  part: Part,
  loading: Loading,
  types: readonly Type[],
  namesOf: (type: Type) => readonly string[],
): { readonly type: Type; readonly entry: Readonly<Record<string, unknown>> } | null {
  const known = types.flatMap(namesOf);
  const choice = `expected one of ${known.join(', ')}`;
  if (!isRecord(entry)) return wrong(part, loading, [], `must be a map such as { driver: ${known[0] ?? '…'}, … }`);
  const driver = entry.driver;
  if (typeof driver !== 'string') return wrong(part, loading, [], `"driver" is missing; ${choice}`);
  const type = types.find((each) => namesOf(each).includes(driver));
  if (type !== undefined) return { type, entry };
  return wrong(part, loading, ['driver'], `unknown driver ${quoted(driver)}; ${choice}${didYouMean(driver, known)}`);
}

function wrong(part: Part, loading: Loading, below: readonly string[], message: string): null {
  loading.problems.add([...part.path, ...below], `${part.title}: ${message}`);
  return null;
}
