import type { CredentialId } from '../model/record.js';
import type { CredentialEntry, TargetEntry } from './estate.js';
import { formatSecretRef } from './secretRef.js';

type Credentials = ReadonlyMap<CredentialId, CredentialEntry>;
type Targets = ReadonlyMap<string, Pick<TargetEntry, 'management'>>;

/** For each credential, the other credentials by whose login it is changed. Only those that have any. */
export function managementNeeds(
  credentials: Credentials,
  targets: Targets,
): ReadonlyMap<CredentialId, readonly CredentialId[]> {
  const owners = new Map<string, CredentialId>();
  for (const { id, copies } of credentials.values()) for (const copy of copies) owners.set(formatSecretRef(copy), id);
  const ownerOf = (target: string): readonly CredentialId[] => {
    const management = targets.get(target)?.management ?? null;
    const owner = management === null ? undefined : owners.get(formatSecretRef(management.secret));
    return owner === undefined ? [] : [owner];
  };
  const needs = new Map<CredentialId, readonly CredentialId[]>();
  for (const { id, targets: on } of credentials.values()) {
    const needed = [...new Set(on.flatMap(ownerOf))].filter((owner) => owner !== id);
    if (needed.length > 0) needs.set(id, needed);
  }
  return needs;
}

/** Groups of credentials each of which needs another of the group to be changed; none of them could be rotated safely. */
export function managementCycles(
  needs: ReadonlyMap<CredentialId, readonly CredentialId[]>,
): readonly (readonly CredentialId[])[] {
  const finished = new Set<CredentialId>();
  const cycles: (readonly CredentialId[])[] = [];
  for (const start of needs.keys()) {
    const cycle = cycleFrom(start, needs, finished);
    if (cycle !== null) cycles.push(fromSmallest(cycle));
  }
  return cycles;
}

/** The same circle, told from its first id, so that it reads the same however it was found. */
function fromSmallest(cycle: readonly CredentialId[]): readonly CredentialId[] {
  const start = cycle.reduce((best, id, index) => (id < (cycle[best] ?? id) ? index : best), 0);
  return [...cycle.slice(start), ...cycle.slice(0, start)];
}

/** Walks in depth, without recursion: a chain may be as long as the estate. */
function cycleFrom(
  start: CredentialId,
  needs: ReadonlyMap<CredentialId, readonly CredentialId[]>,
  finished: Set<CredentialId>,
): readonly CredentialId[] | null {
  const trail: { readonly id: CredentialId; readonly left: CredentialId[] }[] = [];
  const onTrail = new Set<CredentialId>();
  const enter = (id: CredentialId): void => {
    trail.push({ id, left: [...(needs.get(id) ?? [])] });
    onTrail.add(id);
  };
  let cycle: readonly CredentialId[] | null = null;
  if (!finished.has(start)) enter(start);
  for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
    const next = top.left.pop();
    if (next === undefined) {
      finished.add(top.id);
      onTrail.delete(top.id);
      trail.pop();
    } else if (onTrail.has(next)) {
      const ids = trail.map(({ id }) => id);
      cycle ??= ids.slice(ids.indexOf(next));
    } else if (!finished.has(next)) enter(next);
  }
  return cycle;
}
