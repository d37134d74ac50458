import type { Estate } from '../../config/estate.js';
import type { CallContext } from '../../contracts/context.js';
import type { InventorySource } from '../../contracts/inventorySource.js';
import type { ApprovalBundle, ApprovalRef, Opening, Signed } from '../../model/approval.js';
import type { IncidentPlan, PageRef, PlanEntry, PlanRef } from '../../model/incident.js';
import type { Join, RotationPlan } from '../../model/plan.js';
import type { Millis } from '../../model/time.js';
import { type WorkflowIds, workflowIdOf } from '../../model/workflowIds.js';
import { canonical, rotationToken } from '../../planning/digest.js';
import { type IncidentRequest, incidentFolder, manifestKey, planIncident } from '../../planning/planIncident.js';
import type { RotationResult } from '../../workflows/messages.js';
import { plannedApprovals } from '../approvals/plannedApprovals.js';
import { type Clock, callWithin } from '../clock.js';
import { readPlanPage } from './artifacts.js';
import { type PageFindings, precheckPage } from './precheck.js';
import { credentialStatuses, type Tally, tallyOf } from './status.js';
import { type ReportInput, writeReport } from './writeReport.js';

/** Rotations of this Temporal namespace, as an activity may ask for them. */
export interface RunningRotations {
  /** Hands the incident's intent to a rotation under way; null: none is. */
  join(workflowId: string, join: Join): Promise<{ readonly token: string } | null>;
  /** Waits for a rotation that somebody else started. */
  result(workflowId: string): Promise<RotationResult>;
}

export interface IncidentDeps {
  readonly estate: Estate;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly rotations: RunningRotations;
  readonly ids: WorkflowIds;
}

export interface PlanRequest extends Omit<IncidentRequest, 'approvals'> {
  readonly opening: Signed<Opening> | null;
  readonly dryRun: boolean;
}

export interface PlanMade {
  readonly ref: PlanRef;
  readonly plan: IncidentPlan;
  /** The file of approvers, for the head to check by; null: approvals need no signature. */
  readonly signers: string | null;
}

/** Whose rotation is meant, and what its workflow is called. */
type PlannedRotation = Pick<RotationPlan, 'credential' | 'workflowId'>;

/** A row to be rotated, with the token that names this rotation for ever. */
export interface Row {
  readonly entry: PlanEntry;
  readonly token: string;
}

/** Reading and writing the artifact store: a folder answers at once, a bucket within this. */
const artifactMs: Millis = 30_000;

/** What an incident's workflows ask of the outside; rotations themselves are `createRotationVerbs`. */
export function createIncidentActivities(deps: IncidentDeps) {
  const { estate, clock, rotations } = deps;
  const context = (): CallContext => callWithin(clock, artifactMs);
  return {
    planIncident: (request: PlanRequest): Promise<PlanMade> => makePlan(deps, request, context),

    /** Keeps the approvals where every worker finds them. */
    async storeApprovals(input: { readonly incident: string; readonly bundle: ApprovalBundle }): Promise<ApprovalRef> {
      const { bytes, digest } = canonical(input.bundle);
      const key = `${incidentFolder(input.incident)}/approvals/${digest}.json`;
      await estate.artifacts.put(key, bytes, context());
      return { key, digest };
    },

    /** The rows of a page, each with its token; refused when the page is not what was planned. */
    async readPlanRows(input: { readonly page: PageRef; readonly planDigest: string }): Promise<readonly Row[]> {
      const { entries } = await readPlanPage(estate, input.page, context());
      return entries.map((entry) => ({ entry, token: rotationToken(entry.plan.credential, input.planDigest, 1) }));
    },

    /** The zones that a page's targets are in; null: any worker. */
    async zonesOfPage(input: { readonly page: PageRef }): Promise<readonly (string | null)[]> {
      const { entries } = await readPlanPage(estate, input.page, context());
      return [...new Set(entries.flatMap((entry) => entry.plan.targets.map((target) => target.zone)))];
    },

    /** Dry run of one page: really looks at hosts, logins and vaults, changes nothing. */
    async precheckPage(input: { readonly page: PageRef; readonly zone: string | null }): Promise<PageFindings> {
      const { entries } = await readPlanPage(estate, input.page, context());
      return precheckPage(estate, clock, entries, input.zone);
    },

    joinRotation: (input: PlannedRotation & { readonly join: Join }) => rotations.join(workflowIdOf(input), input.join),

    awaitRotation: (input: PlannedRotation): Promise<RotationResult> => rotations.result(workflowIdOf(input)),

    /** Which credentials of the plan have an end, and which; from the artifact store alone. */
    async tally(input: { readonly incident: string; readonly plan: PlanRef }): Promise<Tally> {
      return tallyOf(await credentialStatuses(estate, input.incident, input.plan, context));
    },

    /** The closing report of an incident, write-once. Returns its key. */
    writeReport: (input: ReportInput): Promise<{ readonly key: string }> => writeReport(estate, input, context),
  };
}

export type IncidentActivities = ReturnType<typeof createIncidentActivities>;

async function makePlan(
  { estate, inventory, clock, ids }: IncidentDeps,
  { opening, dryRun, ...request }: PlanRequest,
  context: () => CallContext,
): Promise<PlanMade> {
  const approvals = plannedApprovals(estate, request, { opening, dryRun, now: clock.now() });
  const found = await inventory.enumerate(request.vendor, context());
  const entries = found.map(({ id }) => estate.credentials.get(id)).filter((entry) => entry !== undefined);
  const { plan, manifest, pages } = planIncident(estate, entries, { ...request, approvals }, ids);
  for (const [key, bytes] of pages) await estate.artifacts.put(key, bytes, context());
  const key = manifestKey(request.incident, manifest.digest);
  await estate.artifacts.put(key, manifest.bytes, context());
  return { ref: { key, digest: manifest.digest }, plan, signers: estate.approvals?.text ?? null };
}
