import { ApprovalRefused } from '../../approval/bytes.js';
import { nameOf, namespaces, signerOf } from '../../approval/signed.js';
import { messageOf, parseSigned } from '../../approval/statement.js';
import type { Estate } from '../../config/estate.js';
import type { CallContext } from '../../contracts/context.js';
import type { IncidentReport } from '../../evidence/reportSchema.js';
import { incidentFolder } from '../../planning/planIncident.js';
import { readPlanned } from './artifacts.js';
import { approvalBundleSchema } from './schemas.js';

type ReportApprovals = NonNullable<IncidentReport['approvals']>;

/** The approvals that are kept for this incident, with who signed; a bundle that does not match its name is refused. */
export async function storedApprovals(
  estate: Estate,
  incident: string,
  context: () => CallContext,
): Promise<ReportApprovals> {
  const found: ReportApprovals = [];
  for (const key of await estate.artifacts.list(`${incidentFolder(incident)}/approvals/`, context())) {
    const digest = key.match(/([0-9a-f]{64})\.json$/)?.[1] ?? '';
    const { approvals } = approvalBundleSchema.parse(await readPlanned(estate, { key, digest }, context()));
    const signed = approvals.map(parseSigned);
    const [first] = signed;
    if (first === undefined) continue;
    const { wave, expires } = first.statement;
    found.push({ bundle: { key, sha256: digest }, by: signed.map((each) => signerName(estate, each)), wave, expires });
  }
  return found;
}

function signerName({ approvals }: Estate, { statement, signature }: ReturnType<typeof parseSigned>): string {
  const question = { namespace: namespaces.approval, message: messageOf(statement), signature, now: null };
  try {
    return nameOf(signerOf(approvals?.signers ?? [], question));
  } catch (error) {
    if (!(error instanceof ApprovalRefused)) throw error;
    return 'a key that is not in the file of approvers any more';
  }
}
