import type { CredentialEntry, Estate } from '../config/estate.js';
import { formatSecretRef } from '../config/secretRef.js';
import type { CallContext } from '../contracts/context.js';
import type { RotationRecord } from '../model/record.js';

/** A rotation that has not finished, as its vault tells it. */
export interface OpenRecord {
  /** `vault:path`. */
  readonly ref: string;
  readonly record: RotationRecord;
  /** Whose primary copy it is; null: relock.yaml knows none, or knows it as a further copy. */
  readonly entry: CredentialEntry | null;
  /** A further copy of this credential: its record goes with the primary's. */
  readonly furtherCopyOf: CredentialEntry | null;
}

/** Every open record in every vault of this estate; complete, or a `DriverError`. */
export async function findOpenRecords(estate: Estate, context: () => CallContext): Promise<readonly OpenRecord[]> {
  const found: OpenRecord[] = [];
  for (const [name, vault] of estate.vaults) {
    for (const path of await vault.openRecords(context())) {
      const { record } = await vault.state(path, context());
      if (record !== null) found.push({ record, ...ownerOf(estate, formatSecretRef({ vault: name, path })) });
    }
  }
  return found;
}

function ownerOf(estate: Estate, ref: string): Omit<OpenRecord, 'record'> {
  const entries = [...estate.credentials.values()];
  const [entry, further] = [0, 1].map((primary) =>
    entries.find(({ copies }) =>
      copies.some((copy, index) => Math.min(index, 1) === primary && formatSecretRef(copy) === ref),
    ),
  );
  return { ref, entry: entry ?? null, furtherCopyOf: further ?? null };
}
