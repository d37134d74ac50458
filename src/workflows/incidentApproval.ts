import { workflowInfo } from '@temporalio/workflow';
import type { PlanMade } from '../activities/incident/incidentActivities.js';
import { parseAllowedSigners } from '../approval/allowedSigners.js';
import { Ballot, type Electorate, openerOf } from '../approval/ballot.js';
import { ApprovalRefused } from '../approval/bytes.js';
import { statementFor } from '../approval/scope.js';
import { nameOf } from '../approval/signed.js';
import type { ApprovalBundle, Statement } from '../model/approval.js';
import type { Signing } from './incidentMessages.js';
import { refusal } from './refusal.js';

const hourMs = 3_600_000;

/** What people decided of a plan, or of its waves one by one: by signatures where the plan asks for them, else by saying so. */
export class IncidentApproval {
  readonly #made: PlanMade;
  readonly #electorate: Electorate | null;
  #ballot: Ballot | null = null;
  #approved = false;
  #denied = false;

  constructor(made: PlanMade) {
    this.#made = made;
    const { approvals } = made.plan;
    if (approvals === null || approvals.opening === null) this.#electorate = null;
    else {
      const signers = parseAllowedSigners(made.signers ?? '');
      this.#electorate = { signers, required: approvals.required, opener: openerOf(signers, approvals.opening, null) };
    }
  }

  get isSigned(): boolean {
    return this.#electorate !== null;
  }

  /** Whether every wave is asked for by itself. */
  get isPerWave(): boolean {
    return this.isSigned && this.#made.plan.approvals?.per === 'wave';
  }

  get isApproved(): boolean {
    return this.#ballot === null ? this.#approved : this.#ballot.isComplete;
  }

  get isDenied(): boolean {
    return this.#denied;
  }

  get signing(): Signing | null {
    if (this.#electorate === null || this.#ballot === null) return null;
    const { required, opener } = this.#electorate;
    return { statement: this.#ballot.offered, required, opener: nameOf(opener), by: this.#ballot.by };
  }

  /** Who opened it, as the file of approvers names him; null: nothing was signed. */
  get openedBy(): string | null {
    return this.#electorate === null ? null : nameOf(this.#electorate.opener);
  }

  /** The approvals that were given, for those who act on them. */
  get bundle(): ApprovalBundle | null {
    if (this.#ballot === null) return null;
    return { version: 1, plan: this.#made.ref, approvals: this.#ballot.approvals };
  }

  /** Asks for the whole plan (null) or a wave, counted from 1. */
  ask(wave: Statement['wave']): void {
    this.#approved = false;
    if (this.#electorate === null) return;
    const about = { run: workflowInfo().runId, wave, expires: this.#expiry() };
    this.#ballot = new Ballot(this.#electorate, statementFor(this.#made.plan, this.#made.ref, about));
  }

  /** How long what is asked for now can be signed; null: for ever. */
  get openForMs(): number | null {
    return this.#ballot === null ? null : Math.max(1, Date.parse(this.#ballot.offered.expires) - Date.now());
  }

  /** The question is put again: what was signed too long ago does not count any more. */
  askAgain(): void {
    this.#ballot?.dropExpired(Date.now());
    this.#ballot?.offer(this.#expiry());
  }

  /** Throws what the Temporal UI shows. Synchronous: an update's validator. */
  mayDecide(given: unknown, decision: Statement['decision']): void {
    try {
      if (this.#ballot !== null) this.#ballot.check(given, decision, Date.now());
      else if (decision === 'approve') this.#mustBeThisPlan(given);
    } catch (error) {
      if (!(error instanceof ApprovalRefused)) throw error;
      throw refusal(`not counted: ${error.message}. Nothing was changed`);
    }
  }

  /** What `mayDecide` accepted. */
  decide(given: unknown, decision: Statement['decision']): void {
    if (decision === 'deny') this.#denied = true;
    else if (this.#ballot !== null) this.#ballot.count(given);
    else this.#approved = true;
  }

  /** `--yes`: never a signature. */
  approveUnsigned(): void {
    if (!this.isSigned) this.#approved = true;
  }

  #mustBeThisPlan(given: unknown): void {
    const { digest } = this.#made.ref;
    const isThis = typeof given === 'object' && given !== null && 'planDigest' in given && given.planDigest === digest;
    if (!isThis)
      throw refusal(`this is not the plan's digest; the plan was not approved. Read the plan, then approve ${digest}`);
  }

  /** Whole seconds: a person may have to type it. */
  #expiry(): string {
    const hours = this.#made.plan.approvals?.validHours ?? 1;
    return new Date(Math.floor((Date.now() + hours * hourMs) / 1000) * 1000).toISOString().replace('.000Z', 'Z');
  }
}
