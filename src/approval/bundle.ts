import type { PlannedApprovals, Statement } from '../model/approval.js';
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
  approvals: readonly unknown[],
  opening: PlannedApprovals['opening'],
  incident: string,
  electorate: { readonly signers: readonly AllowedSigner[]; readonly required: number },
): Verdict {
  const statements = approvals.map((signed) => parseSigned(signed).statement);
  const [first] = statements;
  if (first === undefined) throw new ApprovalRefused('nobody approved');
  const opener = openerOf(electorate.signers, opening, null);
  if (opening?.statement.incident !== incident || first.incident !== incident)
    throw new ApprovalRefused('the approvals are for another incident');
  const [latest = first.expires] = byTime(statements).reverse();
  const ballot = new Ballot({ ...electorate, opener }, { ...first, expires: latest });
  for (const signed of approvals) {
    ballot.check(signed, 'approve', null);
    ballot.count(signed);
  }
  if (!ballot.isComplete)
    throw new ApprovalRefused(`${ballot.by.length} of ${electorate.required} required approvals are there`);
  const [earliest = first.expires] = byTime(statements);
  return { statement: first, expiresAt: Date.parse(earliest) };
}

function byTime(statements: readonly Statement[]): string[] {
  return statements.map(({ expires }) => expires).sort((one, other) => Date.parse(one) - Date.parse(other));
}
