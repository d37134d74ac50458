import { quoted } from '../model/printable.js';
import type { LoadedCredential } from './credentials.js';
import { isRecord, type Loading, type Named } from './loading.js';
import type { ConfigPath } from './problemList.js';
import { formatSecretRef } from './secretRef.js';
import type { LoadedTarget } from './targets.js';

/** What one credential claims for itself alone, and where it says so. */
interface Claim {
  readonly key: string;
  readonly at: 'copies' | 'account';
  readonly message: (other: LoadedCredential) => string;
}

/** Entries with the same id, also when something else about them is wrong. */
export function addDuplicateIds(
  entries: unknown,
  lineOf: (path: ConfigPath) => number,
  { problems }: Pick<Loading, 'problems'>,
): void {
  const first = new Map<string, number>();
  for (const [index, entry] of (Array.isArray(entries) ? entries : []).entries()) {
    const id: unknown = isRecord(entry) ? entry.id : null;
    if (typeof id !== 'string') continue;
    const other = first.get(id);
    if (other === undefined) first.set(id, index);
    else {
      const message = `duplicate id; expected each once, and line ${lineOf(['credentials', other])} has it already: rename or remove one`;
      problems.add(['credentials', index, 'id'], `credential ${quoted(id)}: ${message}`);
    }
  }
}

/** Two credentials that claim the same copy, or the only slot of the same account. */
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
  const { kind, account } = entry;
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
  return [...copies, ...slots];
}

function hasOneSlot(target: LoadedTarget | null | undefined, kind: LoadedCredential['entry']['kind']): boolean {
  const bound = target?.entry.bound;
  return bound?.kinds.includes(kind) === true && !bound.capabilities(kind).overlap;
}
