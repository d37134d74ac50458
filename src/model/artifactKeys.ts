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
