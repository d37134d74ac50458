import type { CredentialId } from './record.js';

/** Results of one incident, or of rotations outside any; a prefix of artifact keys. */
export function resultsPrefix(incident: string | null): string {
  return `results/${incident ?? 'single'}/`;
}

/** Where one rotation's result is kept. */
export function resultKey(result: {
  readonly incident: string | null;
  readonly credential: CredentialId;
  readonly token: string;
}): string {
  return `${resultsPrefix(result.incident)}${result.credential}/${result.token}.json`;
}

/** Evidence of one rotation: one file for each run that brought it to an end. A prefix of artifact keys. */
export function evidencePrefix({
  credential,
  token,
}: {
  readonly credential: CredentialId;
  readonly token: string;
}): string {
  return `evidence/${credential}/${token}/`;
}

/** Evidence is kept under the SHA-256 of its own bytes: a file that does not match its name is not what was written. */
export function evidenceKey(
  rotation: { readonly credential: CredentialId; readonly token: string },
  sha256: string,
): string {
  return `${evidencePrefix(rotation)}${sha256}.json`;
}
