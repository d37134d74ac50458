import type { ApprovalBundle, PlannedApprovals, Statement } from '../model/approval.js';
import type { AllowedSigner } from './allowedSigners.js';
import { Ballot, openerOf } from './ballot.js';
import { ApprovalRefused } from './bytes.js';
import { parseSigned } from './statement.js';

/** What a set of approvals is worth. */
export interface Verdict {
  /** What all of them said. */
  readonly statement: Statement;
  /** Epoch milliseconds; no rotation begins later. */
  readonly expiresAt: number;
}

/**
 * The whole check, made anew by everybody who acts on an approval: the opening, each signature, their number, and that they
 * say the same. `required` is the verifier's own. Throws `ApprovalRefused`.
 */
export function judgeBundle(
  bundle: ApprovalBundle,
  planned: Pick<PlannedApprovals, 'opening'>,
  incident: string,
  electorate: { readonly signers: readonly AllowedSigner[]; readonly required: number },
): Verdict {
  const statements = bundle.approvals.map((signed) => parseSigned(signed).statement);
  const [first] = statements;
  if (first === undefined) throw new ApprovalRefused('nobody approved');
  const opener = openerOf(electorate.signers, planned.opening, null);
  if (planned.opening?.statement.incident !== incident || first.incident !== incident)
    throw new ApprovalRefused('the approvals are for another incident');
  const latest = statements.map(({ expires }) => expires).sort((one, other) => Date.parse(other) - Date.parse(one));
  const ballot = new Ballot({ ...electorate, opener }, { ...first, expires: latest[0] ?? first.expires });
  for (const signed of bundle.approvals) {
    ballot.check(signed, 'approve', null);
    ballot.count(signed);
  }
  if (!ballot.isComplete)
    throw new ApprovalRefused(`${ballot.by.length} of ${electorate.required} required approvals are there`);
  return { statement: first, expiresAt: Math.min(...statements.map(({ expires }) => Date.parse(expires))) };
}
