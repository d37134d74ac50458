import { adviceFor } from '../../model/advice.js';
import { endStates, type Reason, reasons } from '../../model/endStates.js';
import type { CredentialStatus } from '../../model/incident.js';
import { incidentStates } from '../../model/incident.js';
import { shortIncident } from '../../model/workflowIds.js';
import { tableLines } from '../output.js';
import type { Moment } from './follow.js';
import type { IncidentStatus } from './statusOf.js';

const labels: Readonly<Record<string, string>> = {
  pending: 'not begun',
  running: 'under way',
  parked: 'waits, without holding up others',
  blocked: 'cannot be rotated as configured',
  ...endStates,
};

/** An incident as a person reads it: where it is, the numbers, and everything that is not rotated with what to do. */
export function statusLines(status: IncidentStatus): readonly string[] {
  return [
    `${status.incident}: ${status.state} (${incidentStates[status.state]})`,
    `vendor ${status.vendor}, reason ${status.reason}`,
    ...(status.planDigest === null ? [] : [`plan ${status.planDigest}`]),
    ...(status.closing === null ? [] : [`closed by a person, with what is listed below still open: ${status.closing}`]),
    ...approvalLines(status),
    '',
    ...countLines(status.credentials),
    ...restLines(status.credentials),
    ...(status.findings === null ? [] : findingLines(status.findings)),
  ];
}

function approvalLines({ state, signing, incident }: IncidentStatus): readonly string[] {
  if (state !== 'awaitingApproval') return [];
  const short = shortIncident(incident);
  const next = `next: relock incident plan ${short}, then relock incident approve ${short} (or deny)`;
  if (signing === null) return [next];
  const { required, by, opener } = signing;
  const signers = by.length === 0 ? 'nobody yet' : by.join(', ');
  return [`opened by ${opener}; signed by ${by.length} of ${required}: ${signers}`, next];
}

function countLines(credentials: readonly CredentialStatus[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { state } of credentials) counts.set(state, (counts.get(state) ?? 0) + 1);
  const rows = [...counts].map(([state, count]) => [String(count), state, labels[state] ?? '']);
  const exposed = credentials.filter((credential) => credential.exposed).length;
  return [
    ...tableLines(['COUNT', 'STATE', 'WHAT IT MEANS'], rows),
    `${exposed} of ${credentials.length} may still be opened with a secret that the vendor knew`,
  ];
}

/** Long lists are for machines; people get this many rows. */
const rowsShown = 50;

function restLines(credentials: readonly CredentialStatus[]): readonly string[] {
  const rest = credentials.filter(({ state }) => state !== 'rotated' && state !== 'pending' && state !== 'running');
  if (rest.length === 0) return [];
  const rows = rest
    .slice(0, rowsShown)
    .map(({ id, state, reason }) => [
      id,
      state,
      reasonText(reason),
      adviceFor(state, isReason(reason) ? reason : null),
    ]);
  const more = rest.length > rowsShown ? [`and ${rest.length - rowsShown} more: --json lists all`] : [];
  const table = tableLines(['CREDENTIAL', 'STATE', 'WHY', 'WHAT TO DO'], rows);
  return ['', 'Not rotated:', ...table, ...more, ...causeLines(rest)];
}

function causeLines(rest: readonly CredentialStatus[]): readonly string[] {
  const rows = rest.flatMap(({ id, causes = [] }) => causes.map((cause) => [id, cause])).slice(0, rowsShown);
  return rows.length === 0 ? [] : ['', 'What stood in the way:', ...tableLines(['CREDENTIAL', 'WHERE AND WHAT'], rows)];
}

function isReason(reason: string | undefined): reason is Reason {
  return reason !== undefined && Object.hasOwn(reasons, reason);
}

function reasonText(reason: string | undefined): string {
  if (reason === undefined) return '';
  const meanings: Readonly<Record<string, string>> = reasons;
  return meanings[reason] ?? reason;
}

/** What a dry run saw. */
function findingLines(findings: NonNullable<IncidentStatus['findings']>): readonly string[] {
  if (findings.length === 0)
    return ['', 'Looked at every vault path, host key and login of the plan: nothing stands in the way.'];
  const rows = findings
    .slice(0, rowsShown)
    .map(({ credential, subject, severity, message }) => [severity, credential, subject, message]);
  return ['', 'Found by looking:', ...tableLines(['', 'CREDENTIAL', 'WHERE', 'WHAT'], rows)];
}

const barWidth = 30;

/** One line that says how far a running incident is. */
export function progressLine({ progress, ends, running, parked }: Moment): string {
  const total = (progress.totals?.credentials ?? 0) - (progress.totals?.blocked ?? 0);
  const done = Object.values(ends).reduce((sum, count) => sum + count, 0);
  // What an incident takes over may end before it is counted as part of it.
  const filled = total === 0 ? 0 : Math.min(barWidth, Math.round((done / total) * barWidth));
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`;
  const counts = Object.entries(ends).filter(([, count]) => count > 0);
  const parts = [
    `${done}/${total}`,
    ...counts.map(([state, count]) => `${state} ${count}`),
    ...(running.length > 0 ? [`under way ${running.length}`] : []),
    ...(parked.length > 0 ? [`parked ${parked.length}`] : []),
    ...(progress.wave === null ? [] : [`wave ${progress.wave + 1} of ${progress.waves}`]),
  ];
  return `${progress.state.padEnd(9)} ${bar} ${parts.join(' · ')}`;
}
