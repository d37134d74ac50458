import type { ArtifactStore } from '../../src/contracts/artifactStore.js';
import { evidenceSchema } from '../../src/evidence/schema.js';
import { evidencePrefix } from '../../src/model/artifactKeys.js';

/** Moments of one rotation of one target, in ms since the epoch, as its evidence has them. */
export interface Milestones {
  /** The target said that it had taken the new secret. */
  readonly changedAt: number;
  /** Readers of the vault get the new one. */
  readonly promotedAt: number;
  /** The old one was seen refused. */
  readonly refusedAt: number;
}

/** Throws when there is no evidence of a rotation that went well. */
export async function milestonesOf(
  store: ArtifactStore,
  rotation: { readonly credential: string; readonly token: string },
): Promise<Milestones> {
  const context = { signal: new AbortController().signal, deadline: Date.now() + 60_000 };
  const [key = ''] = await store.list(evidencePrefix(rotation), context);
  const bytes = await store.get(key, context);
  const { targets, copies, versions } = evidenceSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  const change = targets[0]?.effects.find(({ effect }) => effect === 'change');
  const refusedAt = targets[0]?.olds.find(({ version }) => version === versions.base)?.refusal?.at;
  const promotedAt = copies[0]?.promotedAt;
  if (change === undefined || refusedAt === undefined || promotedAt == null)
    throw new Error(`${rotation.credential}: its evidence is not that of a rotation that went well`);
  return { changedAt: change.lastAt, promotedAt, refusedAt };
}
