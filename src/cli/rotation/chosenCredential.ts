import type { CredentialEntry, Estate } from '../../config/estate.js';
import { didYouMean } from '../../config/nearest.js';
import { UsageError } from '../failures.js';

/** The credential that was named, or exit 2. */
export function chosenCredential(estate: Estate, id: string): CredentialEntry {
  const entry = estate.credentials.get(id);
  if (entry !== undefined) return entry;
  const hint = didYouMean(id, [...estate.credentials.keys()]);
  throw new UsageError(
    `relock.yaml has no credential "${id}"${hint}; nothing was touched. List them with: relock credentials`,
  );
}
