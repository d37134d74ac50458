import { DriverError } from '../../model/errors.js';
import type { Finding } from './finding.js';

/** A failed check as a finding. Foreign errors keep their text to themselves. */
export function failureFinding(error: unknown, subject: string, credentials: readonly string[]): Finding {
  const message =
    error instanceof DriverError
      ? `${error.message} (${error.code})`
      : 'relock failed to check it, by a fault of its own; nothing was changed. Please report it';
  return { severity: 'error', subject, credentials, message };
}
