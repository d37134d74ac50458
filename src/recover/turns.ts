import type { CredentialEntry, Estate } from '../config/estate.js';
import { formatSecretRef } from '../config/secretRef.js';
import { plainIds } from '../model/workflowIds.js';
import { locksOf, planRotation } from '../planning/planRotation.js';

interface OfCredential {
  readonly entry: CredentialEntry;
}

/**
 * What can be done side by side: turns, one after the other, of chains, side by side. A management login whose own rotation is
 * open may be used by no other, so it comes in an earlier turn than what it changes. In one chain are those that share an
 * account on a target.
 */
export function turnsOf<Open extends OfCredential>(
  estate: Estate,
  open: readonly Open[],
): readonly (readonly (readonly Open[])[])[] {
  const depths = open.map(({ entry }) => depthOf(estate, entry, open));
  const last = Math.max(-1, ...depths);
  return Array.from({ length: last + 1 }, (_, depth) =>
    chainsOf(
      estate,
      open.filter((_each, index) => depths[index] === depth),
    ),
  );
}

/** How many open rotations must end first. relock.yaml with management logins that change each other in a circle is refused. */
function depthOf(estate: Estate, entry: CredentialEntry, open: readonly OfCredential[]): number {
  const needed = new Set(
    entry.targets.flatMap((id) => {
      const management = estate.targets.get(id)?.management;
      return management == null ? [] : [formatSecretRef(management.secret)];
    }),
  );
  const isNeeded = (other: CredentialEntry) =>
    other.id !== entry.id && other.copies.some((copy) => needed.has(formatSecretRef(copy)));
  const before = open.filter((each) => isNeeded(each.entry));
  return Math.max(-1, ...before.map((each) => depthOf(estate, each.entry, open))) + 1;
}

function chainsOf<Open extends OfCredential>(estate: Estate, open: readonly Open[]): readonly (readonly Open[])[] {
  const locks = new Map(
    open.map((each) => [each, new Set(locksOf(planRotation(estate, each.entry, 'restore', plainIds).plan))]),
  );
  const share = (one: Open, other: Open) => [...(locks.get(one) ?? [])].some((lock) => locks.get(other)?.has(lock));
  return open.reduce<Open[][]>((chains, each) => {
    const isTouched = (chain: Open[]) => chain.some((other) => share(each, other));
    return [...chains.filter((chain) => !isTouched(chain)), [...chains.filter(isTouched).flat(), each]];
  }, []);
}
