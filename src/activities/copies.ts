import type { CallContext } from '../contracts/context.js';
import type { Opened } from '../contracts/vaultBackend.js';
import { DriverError } from '../model/errors.js';
import type { Opening, RotationRecord, VersionId } from '../model/record.js';
import type { Copy } from './resolve.js';

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
  await copy.vault.finish(copy.path, opened.record.token, 'replaced', opening.at, context);
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
