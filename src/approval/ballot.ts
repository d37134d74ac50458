import type { Opening, Signed, Statement } from '../model/approval.js';
import type { AllowedSigner } from './allowedSigners.js';
import { ApprovalRefused } from './bytes.js';
import { isSamePerson, nameOf, namespaces, signerOf } from './signed.js';
import { checkOffered, messageOf, parseSigned } from './statement.js';

/** Who may decide, and how many of them must. */
export interface Electorate {
  readonly signers: readonly AllowedSigner[];
  readonly required: number;
  /** Never counts. */
  readonly opener: AllowedSigner;
}

/** Who signed the opening of this incident. Throws `ApprovalRefused`. */
export function openerOf(
  signers: readonly AllowedSigner[],
  opening: Signed<Opening> | null,
  now: number | null,
): AllowedSigner {
  if (opening === null)
    throw new ApprovalRefused(
      'the incident was opened without a signature: open it with relock incident open --as KEY',
    );
  const { statement, signature } = opening;
  return signerOf(signers, { namespace: namespaces.opening, message: messageOf(statement), signature, now });
}

/** Collects the approvals of one statement. */
export class Ballot {
  readonly #electorate: Electorate;
  #offered: Statement;
  #approvals: readonly { readonly signed: Signed<Statement>; readonly by: AllowedSigner }[] = [];

  constructor(electorate: Electorate, offered: Statement) {
    this.#electorate = electorate;
    this.#offered = offered;
  }

  /** The statement to be signed; a denial differs in its `decision` only. */
  get offered(): Statement {
    return this.#offered;
  }

  /** The same with a new expiry. What was signed before keeps its own. */
  offer(expires: string): void {
    this.#offered = { ...this.#offered, expires };
  }

  get by(): readonly string[] {
    return this.#approvals.map(({ by }) => nameOf(by));
  }

  get approvals(): readonly Signed<Statement>[] {
    return this.#approvals.map(({ signed }) => signed);
  }

  get isComplete(): boolean {
    return this.#approvals.length >= this.#electorate.required;
  }

  /** Throws `ApprovalRefused` unless this signature may be counted now. */
  check(value: unknown, decision: Statement['decision'], now: number | null): void {
    const { statement, by } = this.#read(value, now);
    checkOffered(statement, { ...this.#offered, decision }, now ?? Number.NEGATIVE_INFINITY);
    if (decision === 'deny') return;
    if (isSamePerson(by, this.#electorate.opener))
      throw new ApprovalRefused(`${nameOf(by)} opened this incident, and does not count: somebody else must approve`);
    if (this.#approvals.some((each) => isSamePerson(each.by, by)))
      throw new ApprovalRefused(`${nameOf(by)} has approved already: somebody else must approve`);
  }

  /** Counts what was checked before. */
  count(value: unknown): void {
    const { signed, by } = this.#read(value, null);
    this.#approvals = [...this.#approvals, { signed, by }];
  }

  /** Approvals that have not expired by then are kept. */
  dropExpired(now: number): void {
    this.#approvals = this.#approvals.filter(({ signed }) => Date.parse(signed.statement.expires) > now);
  }

  #read(value: unknown, now: number | null) {
    const signed = parseSigned(value);
    const { statement, signature } = signed;
    const question = { namespace: namespaces.approval, message: messageOf(statement), signature, now } as const;
    return { signed, statement, by: signerOf(this.#electorate.signers, question) };
  }
}
