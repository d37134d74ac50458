import type { CredentialEntry, Estate } from '../../config/estate.js';
import { formatSecretRef } from '../../config/secretRef.js';
import type { Foreseen } from '../../contracts/targetDriver.js';
import { DriverError } from '../../model/errors.js';
import { foreseenKeyType, kindChange } from '../../secret/keyKind.js';
import type { Secret } from '../../secret/secret.js';
import { withDeadline } from '../deadline.js';
import type { Finding } from './finding.js';
import type { LiveOptions } from './liveOptions.js';

/** `absent`: readers get nothing; `unreadable`: nobody knows now, or it is something else, and another finding says so. */
export type Present = Secret | 'absent' | 'unreadable';

/** What readers of the primary get. */
export async function presentOf(
  estate: Estate,
  { copies: [primary] }: CredentialEntry,
  options: LiveOptions,
): Promise<Present> {
  const vault = primary === undefined ? undefined : estate.vaults.get(primary.vault);
  if (primary === undefined || vault === undefined) return 'unreadable';
  const subject = { driver: vault.driver, subject: formatSecretRef(primary) };
  try {
    return await withDeadline({ ms: estate.timing.callMs, ...options }, subject, (context) =>
      vault.read(primary.path, 'current', context),
    );
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    return error.code === 'NotFound' ? 'absent' : 'unreadable';
  }
}

/** null: nobody can tell. */
export function foreseenOf(entry: CredentialEntry, present: Present): Foreseen | null {
  if (present === 'unreadable') return null;
  const known = present === 'absent' ? null : present;
  return { next: foreseenKeyType(entry, known), present: known };
}

/** Old and new kind, where they differ. */
export function kindFindings(entry: CredentialEntry, present: Present): readonly Finding[] {
  const message = typeof present === 'string' ? null : kindChange(entry, present);
  const subject = `credential ${entry.id}`;
  return message === null ? [] : [{ severity: 'warning', subject, credentials: [entry.id], message }];
}
