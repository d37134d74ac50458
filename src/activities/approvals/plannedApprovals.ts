import { createHash } from 'node:crypto';
import { openerOf } from '../../approval/ballot.js';
import { ApprovalRefused } from '../../approval/bytes.js';
import type { Estate } from '../../config/estate.js';
import type { Opening, PlannedApprovals, Signed } from '../../model/approval.js';
import { DriverError } from '../../model/errors.js';
import type { IncidentRequest } from '../../planning/planIncident.js';

interface Opened {
  readonly opening: Signed<Opening> | null;
  readonly dryRun: boolean;
  readonly now: number;
}

/** What the plan will say of its approval. Throws `Misconfigured` when nobody who may do so has signed that it be opened. */
export function plannedApprovals(
  { approvals }: Estate,
  request: Pick<IncidentRequest, 'incident' | 'reason' | 'policy'>,
  { opening, dryRun, now }: Opened,
): PlannedApprovals | null {
  if (approvals === null) return null;
  const { required, per, validHours, text } = approvals;
  const signersDigest = createHash('sha256').update(text).digest('hex');
  const planned = { required, per, validHours, signersDigest };
  if (dryRun) return { ...planned, opening: null };
  try {
    openerOf(approvals.signers, opening, now);
    const said = opening?.statement;
    if (said?.incident !== request.incident || said.reason !== request.reason || said.policy !== request.policy)
      throw new ApprovalRefused('what was signed is the opening of another incident');
    return { ...planned, opening };
  } catch (error) {
    if (error instanceof ApprovalRefused) throw notOpened(request.incident, error.message);
    throw error;
  }
}

function notOpened(incident: string, why: string): DriverError {
  return new DriverError({
    code: 'Misconfigured',
    effect: 'none',
    driver: 'relock',
    subject: incident,
    message: `${incident} was not planned: ${why}; nothing was changed. relock.yaml asks for signed approvals: open it anew with --as and the key of one who may.`,
  });
}
