import type { Estate } from '../../config/estate.js';
import { DriverError } from '../../model/errors.js';

/** An approval that asks for signatures must never be satisfied by one without: as long as they cannot be checked, nothing runs. */
export function refuseUnsignedWhereSignaturesAreDue(estate: Estate): void {
  if (estate.approvals === null) return;
  throw new DriverError({
    code: 'Unsupported',
    effect: 'none',
    driver: 'relock',
    subject: 'approvals',
    message:
      'relock.yaml asks for signed approvals, which this version cannot check yet; nothing was planned or changed. Remove `approvals` to approve without signatures, or wait for the version that checks them.',
  });
}
