import type { CallContext } from '../contracts/context.js';
import type { Opened } from '../contracts/vaultBackend.js';
import { DriverError } from '../model/errors.js';
import type { Carrier, Opening, RotationRecord, VersionId } from '../model/record.js';
import type { Secret } from '../secret/secret.js';
import type { Copy, Resolved } from './resolve.js';

/** The candidate of an open record, from `staged` on. */
export function candidateOf(record: RotationRecord): VersionId {
  if (record.candidate !== null) return record.candidate;
  throw new DriverError({
    code: 'Bug',
    effect: 'none',
    driver: 'relock',
    subject: record.credential,
    message: `${record.credential} has no staged candidate, although the protocol asked for it; nothing was changed. Please report this.`,
  });
}

/**
 * A secondary copy has a record of its own, so that its vault keeps the candidate from readers and two writers apart. It
 * names no targets: what targets may accept is the primary's business. One left by an earlier rotation is closed.
 */
export async function openSecondary(
  copy: Copy,
  opening: Opening,
  context: CallContext,
): Promise<RotationRecord | null> {
  const secondary = { ...opening, targets: [] };
  const opened = await copy.vault.open(copy.path, secondary, context);
  if (opened.kind !== 'held') return recordOf(opened);
  if (opened.record.credential !== opening.credential) throw foreignRecord(copy);
  const left = { token: opened.record.token, head: opening.head };
  await copy.vault.open(copy.path, { ...secondary, ...left }, context);
  await copy.vault.finish(copy.path, left, { end: 'replaced', at: opening.at }, context);
  return recordOf(await copy.vault.open(copy.path, secondary, context));
}

function recordOf(opened: Opened): RotationRecord | null {
  return opened.kind === 'opened' ? opened.record : null;
}

function foreignRecord(copy: Copy): DriverError {
  return new DriverError({
    code: 'Conflict',
    effect: 'none',
    driver: copy.vault.driver,
    subject: copy.ref,
    message: `${copy.ref} is held by another credential's rotation; it was not written. Two credentials must not share a copy: correct relock.yaml.`,
  });
}

/** This rotation's open record. Throws `Conflict` when it is not open any more. */
export async function recordAt(copy: Copy, token: string, context: CallContext): Promise<RotationRecord> {
  const { record } = await copy.vault.state(copy.path, context);
  if (record?.token === token) return record;
  throw new DriverError({
    code: 'Conflict',
    effect: 'none',
    driver: copy.vault.driver,
    subject: copy.ref,
    message: `the rotation's record at ${copy.ref} is not open any more: somebody else finished it. Nothing was changed by this call; look at how it ended.`,
  });
}

/** What a copy's readers get, when it has an owned field; null: nothing of ours. */
export async function ownedCurrent(
  copy: Copy,
  ownedFields: readonly string[],
  context: CallContext,
): Promise<Secret | null> {
  try {
    const value = await copy.vault.read(copy.path, 'current', context);
    return ownedFields.some((field) => value.has(field)) ? value : null;
  } catch (error) {
    if (error instanceof DriverError && error.code === 'NotFound') return null;
    throw error;
  }
}

/** The version under which the primary holds this very value; null: under none. */
export async function heldAs(
  { primary, ownedFields }: Resolved,
  record: RotationRecord,
  value: Secret,
  context: CallContext,
): Promise<VersionId | null> {
  const { candidate, olds } = record;
  for (const version of candidate === null ? olds : [candidate, ...olds]) {
    if ((await primary.vault.read(primary.path, version, context)).equals(value, ownedFields)) return version;
  }
  return null;
}

/** Makes sure that the primary holds a value which somebody else wrote: targets may accept it, so it must die with the others. */
export async function holdOld(
  resolved: Resolved,
  by: Carrier,
  value: Secret,
  context: CallContext,
): Promise<RotationRecord> {
  const { primary, ownedFields, targets } = resolved;
  const record = await recordAt(primary, by.token, context);
  if ((await heldAs(resolved, record, value, context)) !== null) return record;
  const secret = value.pick(ownedFields);
  const hold = { role: 'old', label: `found${record.olds.length}`, secret, mayBeAt: targets } as const;
  return primary.vault.hold(primary.path, by, hold, context);
}
