import { quoted } from '../model/printable.js';
import type { LoadedCredential } from './credentials.js';
import type { Loading, Named } from './loading.js';
import { formatSecretRef } from './secretRef.js';
import type { LoadedTarget } from './targets.js';

/** What one credential claims for itself alone, and where it says so. */
interface Claim {
  readonly key: string;
  readonly at: 'id' | 'copies' | 'account';
  readonly message: (other: LoadedCredential) => string;
}

/** Two credentials that claim the same id, the same copy, or the only slot of the same account. */
export function addCollisions(
  credentials: readonly LoadedCredential[],
  targets: Named<LoadedTarget>,
  loading: Loading,
): void {
  const claimed = new Map<string, LoadedCredential>();
  for (const credential of credentials) {
    for (const claim of claimsOf(credential, targets)) {
      const other = claimed.get(claim.key);
      if (other === undefined) claimed.set(claim.key, credential);
      else
        loading.problems.add(
          [...credential.path, claim.at],
          `credential ${quoted(credential.entry.id)}: ${claim.message(other)}`,
        );
    }
  }
}

function claimsOf({ entry }: LoadedCredential, targets: Named<LoadedTarget>): readonly Claim[] {
  const { id, kind, account } = entry;
  const ids: Claim = {
    key: `id ${id}`,
    at: 'id',
    message: (other) => `duplicate id; expected each once, and line ${other.line} has it already: rename or remove one`,
  };
  const copies = entry.copies.map(
    (copy): Claim => ({
      key: `copy ${formatSecretRef(copy)}`,
      at: 'copies',
      message: (other) =>
        `copy ${quoted(formatSecretRef(copy))} is listed already, by ${quoted(other.entry.id)} on line ${other.line}; expected a path of its own for each copy`,
    }),
  );
  const slots = entry.targets
    .filter((target) => hasOneSlot(targets.get(target), entry.kind))
    .map(
      (target): Claim => ({
        key: `slot ${JSON.stringify([target, kind, account])}`,
        at: 'account',
        message: (other) =>
          `account ${quoted(account)} on target ${quoted(target)} has one ${kind} only, and ${quoted(other.entry.id)} on line ${other.line} is that one; expected one credential: merge the two, with the copies of both`,
      }),
    );
  return [ids, ...copies, ...slots];
}

function hasOneSlot(target: LoadedTarget | null | undefined, kind: LoadedCredential['entry']['kind']): boolean {
  const bound = target?.entry.bound;
  return bound?.kinds.includes(kind) === true && !bound.capabilities(kind).overlap;
}
