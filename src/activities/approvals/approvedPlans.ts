import { judgeBundle, type Verdict } from '../../approval/bundle.js';
import { ApprovalRefused } from '../../approval/bytes.js';
import { statementFor, wavesOf } from '../../approval/scope.js';
import type { Estate } from '../../config/estate.js';
import type { CallContext } from '../../contracts/context.js';
import type { ApprovalRef } from '../../model/approval.js';
import { canonicalJson } from '../../model/canonicalJson.js';
import type { IncidentPlan, PlanRef } from '../../model/incident.js';
import type { FailurePolicy } from '../../model/policy.js';
import type { CredentialId } from '../../model/record.js';
import { readIncidentPlan, readPlanned, readPlanPage } from '../incident/artifacts.js';
import { approvalBundleSchema } from '../incident/schemas.js';

/** What some approvals allow. */
export interface Approved {
  readonly expiresAt: number;
  readonly policy: FailurePolicy;
  /** Descriptor digests of the credentials in the approved waves. */
  readonly descriptors: ReadonlyMap<CredentialId, string>;
}

/** A worker meets few incidents at a time. */
const kept = 8;

/** Checks approvals once per process, signatures, plan, pages and all; everything is found by its digest, so it cannot change. */
export class ApprovedPlans {
  readonly #estate: Estate;
  readonly #known = new Map<string, Promise<Approved>>();

  constructor(estate: Estate) {
    this.#estate = estate;
  }

  /** Throws `ApprovalRefused` when they are not worth anything here, `DriverError` when they cannot be read. */
  async of(ref: ApprovalRef, context: CallContext): Promise<Approved> {
    const key = `${ref.digest} ${ref.key}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const judged = judge(this.#estate, ref, context);
    this.#known.set(key, judged);
    judged.catch(() => this.#known.delete(key));
    const [oldest] = this.#known.keys();
    if (this.#known.size > kept && oldest !== undefined) this.#known.delete(oldest);
    return judged;
  }
}

async function judge(estate: Estate, ref: ApprovalRef, context: CallContext): Promise<Approved> {
  const bundle = approvalBundleSchema.parse(await readPlanned(estate, ref, context));
  const plan = await readIncidentPlan(estate, bundle.plan, context);
  const verdict = verdictOn(estate, plan, bundle);
  const descriptors = new Map<CredentialId, string>();
  for (const page of wavesOf(plan, verdict.statement.wave).flatMap((wave) => wave.pages)) {
    const { entries } = await readPlanPage(estate, page, context);
    for (const { plan: row } of entries) descriptors.set(row.credential, row.descriptorDigest);
  }
  return { expiresAt: verdict.expiresAt, policy: plan.policy, descriptors };
}

interface Bundle {
  readonly version: 1;
  readonly plan: PlanRef;
  readonly approvals: readonly unknown[];
}

function verdictOn({ approvals }: Estate, plan: IncidentPlan, bundle: Bundle): Verdict {
  if (approvals === null || plan.approvals === null) throw new ApprovalRefused('the plan was made without signatures');
  const verdict = judgeBundle(bundle.approvals, plan.approvals.opening, plan.incident, approvals);
  const { run, wave, expires } = verdict.statement;
  if (canonicalJson(statementFor(plan, bundle.plan, { run, wave, expires })) !== canonicalJson(verdict.statement))
    throw new ApprovalRefused('what was signed is not this plan');
  return verdict;
}
