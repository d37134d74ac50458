import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Estate } from '../../config/estate.js';
import { reportPage } from '../../evidence/html/page.js';
import { type IncidentReport, incidentReportSchema } from '../../evidence/reportSchema.js';
import { incidentFolder } from '../../planning/planIncident.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError } from '../failures.js';
import { momentOf } from './follow.js';
import { type IncidentStatus, outcomeOf } from './statusOf.js';
import { withIncident } from './withClient.js';
import { statusLines } from './words.js';

const readMs = 60_000;

interface Kept {
  readonly key: string;
  readonly sha256: string;
  readonly report: IncidentReport;
}

export interface ReportOptions {
  /** Write the report as a page to this file. */
  readonly html?: string;
}

/** The closing report, from the artifact store alone: Temporal may be gone, or have forgotten the incident. */
export async function showReport(context: CommandContext, incident: string, { html }: ReportOptions): Promise<Outcome> {
  const estate = await context.estate();
  const kept = await latestReport(estate, incident, context);
  if (kept === null) return noReport(context, incident);
  const { key, sha256, report } = kept;
  const written = html === undefined ? [] : [writePage(html, reportPage(report, sha256))];
  const status = statusFrom(report);
  const where = [`report ${key} in the artifact store; docs/evidence.md says how to check it`];
  context.out.result(report, [...where, ...written, ...statusLines(status)]);
  return outcomeOf(status);
}

/** An incident that was opened again under its old key has several. */
async function latestReport(estate: Estate, incident: string, context: CommandContext): Promise<Kept | null> {
  const call = () => ({ signal: context.signal, deadline: context.now() + readMs });
  const keys = await estate.artifacts.list(`${incidentFolder(incident)}/report/`, call());
  let latest: Kept | null = null;
  for (const key of keys.filter((name) => name.endsWith('.json'))) {
    const kept = readReport(key, await estate.artifacts.get(key, call()));
    if (latest === null || latest.report.endedAt <= kept.report.endedAt) latest = kept;
  }
  return latest;
}

function readReport(key: string, bytes: Uint8Array): Kept {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const parsed = key.endsWith(`/${sha256}.json`) ? readJson(bytes) : null;
  if (parsed !== null) return { key, sha256, report: parsed };
  throw new CommandError(
    `${key} in the artifact store is not what relock wrote: it does not match the SHA-256 in its name, or its form; nothing of it is shown. Find out who wrote there, and restore it from a copy`,
  );
}

function readJson(bytes: Uint8Array): IncidentReport | null {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  return incidentReportSchema.safeParse(value).data ?? null;
}

function writePage(file: string, page: string): string {
  try {
    writeFileSync(file, page);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new CommandError(
      `${file} could not be written (${code}); the report itself is in the artifact store, unchanged. Name a file elsewhere with --html`,
    );
  }
  return `wrote ${file}`;
}

function noReport(context: CommandContext, incident: string): Promise<Outcome> {
  return withIncident(context, incident, async (client, ref) => {
    const { progress } = await momentOf(client, ref);
    const { state, endedAt } = progress;
    if (endedAt === null)
      throw new CommandError(
        `${incident} is ${state}; its report is written when it ends. See \`relock incident status\``,
        'waiting',
      );
    throw new CommandError(`${incident} ended ${state} before anything was rotated; it has no report`);
  });
}

function statusFrom(report: IncidentReport): IncidentStatus {
  const { incident, vendor, reason, state, closing = null, plan, waves, exposed, credentials } = report;
  return {
    incident,
    vendor,
    reason,
    state,
    planDigest: plan.digest,
    plan: plan.key,
    wave: null,
    waves: waves.length,
    exposed,
    findings: null,
    signing: null,
    closing,
    credentials: credentials.map((row) => {
      const why = row.reason ?? row.findings.join('; ');
      return { id: row.id, state: row.state, exposed: row.exposed, ...(why === '' ? {} : { reason: why }) };
    }),
  };
}
