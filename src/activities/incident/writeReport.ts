import type { Estate } from '../../config/estate.js';
import type { CallContext } from '../../contracts/context.js';
import { type IncidentReport, incidentReportSchema, type ReportRow } from '../../evidence/reportSchema.js';
import type { EvidenceRef } from '../../model/evidence.js';
import type { IncidentPlan, PlanEntry, PlanRef } from '../../model/incident.js';
import { canonical } from '../../planning/digest.js';
import { incidentFolder } from '../../planning/planIncident.js';
import { readIncidentPlan, readPlanPage } from './artifacts.js';
import { storedApprovals } from './reportApprovals.js';
import type { StoredResult } from './resultSchema.js';
import { latestResults, tallyOf } from './status.js';

export interface ReportInput {
  readonly incident: string;
  readonly plan: PlanRef;
  readonly state: string;
  /** Why a person closed it while something was open; absent: it was ended before there was such a thing. */
  readonly closing?: string | null;
  /** Absent: an earlier release did not say. */
  readonly openedBy?: string | null;
  readonly openedAt: number;
  readonly approvedAt: number | null;
  readonly endedAt: number;
}

/**
 * Writes the closing report, and beside it the SHA-256 of everything it speaks of, as `sha256sum` checks it. Write-once;
 * returns the report's key. `context` begins a call's time anew.
 */
export async function writeReport(
  estate: Estate,
  input: ReportInput,
  context: () => CallContext,
): Promise<{ readonly key: string }> {
  const plan = await readIncidentPlan(estate, input.plan, context());
  const report = await reportOf(estate, input, plan, context);
  const { bytes, digest } = canonical(report);
  const folder = `${incidentFolder(input.incident)}/report`;
  const key = `${folder}/${digest}.json`;
  const sums = sumsOf(plan, report, { key, sha256: digest });
  await estate.artifacts.put(`${folder}/${digest}.sha256`, Buffer.from(sums), context());
  await estate.artifacts.put(key, bytes, context());
  return { key };
}

async function reportOf(
  estate: Estate,
  input: ReportInput,
  plan: IncidentPlan,
  context: () => CallContext,
): Promise<IncidentReport> {
  const results = await latestResults(estate, input.incident, context);
  const credentials: ReportRow[] = [];
  for (const [index, wave] of plan.waves.entries())
    for (const entry of await entriesOf(estate, wave.pages, context))
      credentials.push(rowOf(entry, index + 1, results.get(entry.plan.credential)));
  for (const entry of await entriesOf(estate, plan.blocked, context)) credentials.push(blockedRow(entry));
  return incidentReportSchema.parse({
    type: 'relock.incident-report',
    version: 1,
    ...input,
    vendor: plan.vendor,
    reason: plan.reason,
    policy: plan.policy,
    approvals: plan.approvals === null ? null : await storedApprovals(estate, input.incident, context),
    totals: plan.totals,
    ...tallyOf(credentials),
    waves: plan.waves.map(({ kind, credentials: many }, index) => ({
      kind,
      credentials: many,
      ...spanOf(credentials.filter(({ wave }) => wave === index + 1)),
    })),
    credentials,
  });
}

async function entriesOf(
  estate: Estate,
  pages: IncidentPlan['blocked'],
  context: () => CallContext,
): Promise<readonly PlanEntry[]> {
  const entries: PlanEntry[] = [];
  for (const page of pages) entries.push(...(await readPlanPage(estate, page, context())).entries);
  return entries;
}

/** What the plan says of a credential of which nothing was recorded. */
function plannedRow({ plan, owner }: PlanEntry): ReportRow {
  return {
    id: plan.credential,
    kind: plan.kind,
    account: plan.account,
    owner,
    targets: plan.targets.map(({ id }) => id),
    copies: [...plan.copies],
    wave: null,
    state: 'pending',
    exposed: true,
    reason: null,
    findings: [],
    flags: null,
    open: false,
    token: null,
    startedAt: null,
    endedAt: null,
    phases: [],
    evidence: null,
  };
}

function blockedRow(entry: PlanEntry): ReportRow {
  return { ...plannedRow(entry), findings: [...entry.findings], state: 'blocked' };
}

function rowOf(entry: PlanEntry, wave: number, result: StoredResult | undefined): ReportRow {
  const planned = { ...plannedRow(entry), wave };
  if (result === undefined) return planned;
  const { state, reason, flags, open, causes = [], token, startedAt, endedAt, phases, evidence } = result;
  const { exposed, stale, unsaved } = flags;
  return {
    ...planned,
    state,
    exposed,
    reason,
    findings: [...causes],
    flags: { exposed, stale: [...stale], unsaved: [...unsaved] },
    open,
    token,
    startedAt,
    endedAt,
    phases: [...phases],
    evidence,
  };
}

function spanOf(rows: readonly ReportRow[]) {
  const begun = rows.flatMap(({ startedAt, endedAt }) =>
    startedAt === null || endedAt === null ? [] : [{ startedAt, endedAt }],
  );
  if (begun.length === 0) return { startedAt: null, endedAt: null };
  return {
    startedAt: begun.reduce((least, { startedAt }) => Math.min(least, startedAt), Number.POSITIVE_INFINITY),
    endedAt: begun.reduce((most, { endedAt }) => Math.max(most, endedAt), 0),
  };
}

/** One line per file, as `sha256sum --check` reads it in a copy of the artifact store. */
function sumsOf(plan: IncidentPlan, report: IncidentReport, itself: EvidenceRef): string {
  const pages = [...plan.waves.flatMap((wave) => wave.pages), ...plan.blocked];
  const files: readonly EvidenceRef[] = [
    itself,
    ...[report.plan, ...pages].map(({ key, digest }) => ({ key, sha256: digest })),
    ...(report.approvals ?? []).map(({ bundle }) => bundle),
    ...report.credentials.flatMap(({ evidence }) => (evidence === null ? [] : [evidence])),
  ];
  return files.map(({ key, sha256 }) => `${sha256}  ${key}\n`).join('');
}
