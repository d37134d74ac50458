import { quoted } from '../model/printable.js';
import type { SecretRef } from './estate.js';
import type { Part } from './issues.js';
import type { Loading, Named } from './loading.js';
import { didYouMean } from './nearest.js';
import type { ConfigPath } from './problemList.js';
import { parseSecretRef } from './secretRef.js';
import type { LoadedVault } from './vaults.js';

/** A `vault:path` whose vault is there, or null after adding what is wrong. */
export function resolveRef(
  text: string,
  at: ConfigPath,
  part: Part,
  vaults: Named<LoadedVault>,
  loading: Loading,
): SecretRef | null {
  const parsed = parseSecretRef(text);
  if ('problem' in parsed) {
    loading.problems.add(at, `${part.title}: reference ${quoted(text)} cannot be used; ${parsed.problem}`);
    return null;
  }
  const { vault } = parsed.ref;
  if (vaults.has(vault)) return parsed.ref;
  const known = [...vaults.keys()];
  loading.problems.add(
    at,
    `${part.title}: reference ${quoted(text)} names the unknown vault ${quoted(vault)}; expected one of ${known.join(', ')}${didYouMean(vault, known)}`,
  );
  return null;
}
