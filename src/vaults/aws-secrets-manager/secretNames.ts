import type { Place } from '../../ledger/documentStore.js';

/** relock's own documents are secrets below this; no reader's policy may cover it. */
export const ownPrefix = 'relock/';

/** What Secrets Manager allows in a name; longer than any path that the ledger lets through. */
const allowed = /^[A-Za-z0-9/_+=.@-]+$/;

export function nameOf(place: Place, path: string): string {
  return place === 'relock' ? `${ownPrefix}${path}` : path;
}

/** The path of a secret of that place; null: it is of the other. */
export function pathOf(place: Place, name: string): string | null {
  const own = name.startsWith(ownPrefix);
  if (place === 'readers') return own ? null : name;
  return own ? name.slice(ownPrefix.length) : null;
}

export function isName(path: string): boolean {
  return allowed.test(path);
}
