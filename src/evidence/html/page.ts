import { adviceFor } from '../../model/advice.js';
import { incidentStates } from '../../model/incident.js';
import { failurePolicies } from '../../model/policy.js';
import type { IncidentReport, ReportRow } from '../reportSchema.js';
import { html, Markup } from './markup.js';
import { meaningOf, reasonOf, rowGroups } from './rows.js';
import { style, stylePolicy } from './style.js';
import { timeline } from './timeline.js';
import { dateTime, duration, many, type Scale } from './when.js';

/**
 * The closing report as one page: no script, no font, no image, nothing from elsewhere, and a policy that says so. It is made
 * of the JSON report alone; `sha256` is that of the JSON's bytes.
 */
export function reportPage(report: IncidentReport, sha256: string): string {
  const scale: Scale = { from: report.openedAt, to: report.endedAt };
  const exposed = report.credentials.filter((row) => row.exposed);
  const safe = report.credentials.filter((row) => !row.exposed);
  const policy = `default-src 'none'; style-src '${stylePolicy}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer"><title>${report.incident}: closing report</title><style>${new Markup(style)}</style></head>
<body><main>
<h1>${report.incident}</h1><p class="soft">Closing report of relock. Vendor ${report.vendor}, reason ${report.reason}; ${dateTime(report.openedAt)} to ${dateTime(report.endedAt)}.</p>
${verdict(report)}
<h2>Totals</h2>${tiles(report)}
<h2>What a person must do now</h2>${todo(report.credentials)}
<h2>Timeline</h2>${timeline(report, scale)}
<h2>Still exposed, and why</h2>${exposed.length === 0 ? html`<p>None: every old secret was seen refused on every target.</p>` : rowGroups(exposed, scale)}
<h2>No longer exposed</h2>${safe.length === 0 ? html`<p>None.</p>` : rowGroups(safe, scale)}
<h2>Plan and approvals</h2>${planPart(report)}
<h2>Check it without trusting us</h2>${checkPart(report, sha256)}
</main></body></html>
`.text;
}

function verdict({ exposed, total, state, closing, openedAt, endedAt }: IncidentReport): Markup {
  const took = duration(endedAt - openedAt);
  const what =
    exposed === 0
      ? `All ${many(total)} credentials are closed to whoever knew the old secrets.`
      : `${many(exposed)} of ${many(total)} credentials may still be opened with a secret that the vendor knew.`;
  return html`<div class="verdict${exposed > 0 ? ' open' : ''}"><strong>${what}</strong><br>${state}: ${incidentStates[state]}.${typeof closing === 'string' ? html` Reason: ${closing}.` : ''} From opening to end: ${took}.</div>`;
}

const order: readonly ReportRow['state'][] = [
  'rotated',
  'replaced',
  'untouched',
  'rolledBack',
  'disabled',
  'unverified',
  'lost',
  'pending',
  'blocked',
];

function tiles(report: IncidentReport): Markup {
  const counts = new Map<ReportRow['state'], number>();
  for (const { state } of report.credentials) counts.set(state, (counts.get(state) ?? 0) + 1);
  const shown = order.filter((state) => counts.has(state));
  const { targets, copies } = report.totals;
  return html`<ul class="tiles">${shown.map(
    (state) =>
      html`<li><b>${many(counts.get(state) ?? 0)}</b><span class="${state === 'rotated' ? 'good' : 'bad'}">${state}</span><small>${meaningOf(state)}</small></li>`,
  )}</ul><p class="soft">${many(report.total)} credentials, ${many(targets)} targets, ${many(copies)} copies in vaults.</p>`;
}

/** More names than this are folded away. */
const namesOpen = 12;

function todo(rows: readonly ReportRow[]): Markup {
  const groups = new Map<string, ReportRow[]>();
  for (const row of rows.filter(needsSomebody)) {
    const key = [row.state, ...reasonOf(row)].join('|');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  if (groups.size === 0) return html`<p>Nothing.</p>`;
  return html`<ol class="todo">${[...groups.values()].sort(mostUrgentFirst).map(task)}</ol>`;
}

const urgency: readonly ReportRow['state'][] = ['lost', 'unverified', 'pending', 'blocked', 'untouched', 'rolledBack'];

/** Nobody can log in, nobody knows, nothing was begun; then what works and is exposed. */
function mostUrgentFirst([one]: readonly ReportRow[], [other]: readonly ReportRow[]): number {
  const rank = (row: ReportRow | undefined) => {
    const index = row === undefined ? -1 : urgency.indexOf(row.state);
    return index < 0 ? urgency.length : index;
  };
  return rank(one) - rank(other);
}

function needsSomebody({ state, exposed, flags, open }: ReportRow): boolean {
  const isWhole = state === 'rotated' && !exposed && !open;
  return !isWhole || (flags !== null && flags.stale.length + flags.unsaved.length > 0);
}

function task(rows: readonly ReportRow[]): Markup {
  const [first] = rows;
  if (first === undefined) return html``;
  const why = first.state === 'blocked' ? [meaningOf('blocked')] : reasonOf(first);
  const names = html`<ul class="names">${rows.map(({ id, owner }) => html`<li>${id}${owner === null ? null : html` <small>${owner}</small>`}</li>`)}</ul>`;
  const list =
    rows.length > namesOpen ? html`<details><summary>Which ${rows.length}</summary>${names}</details>` : names;
  const what = rows.length === 1 ? 'credential is' : 'credentials are';
  return html`<li><b>${rows.length} ${what} ${first.state}</b>${why.length > 0 ? `: ${why.join('; ')}` : null}.<br>To do: ${taskOf(first)}.${list}</li>
`;
}

function taskOf({ state, reason, flags }: ReportRow): string {
  if (state === 'rotated' && flags !== null && flags.stale.length > 0)
    return 'bring that vault back, then run relock recover: until then its readers get an old secret';
  return state === 'pending' ? 'open the incident again with another --key' : adviceFor(state, reason);
}

function planPart({ plan, policy, openedBy, approvedAt, approvals, totals }: IncidentReport): Markup {
  const when = approvedAt === null ? 'never' : dateTime(approvedAt);
  return html`<dl><dt>Plan, SHA-256</dt><dd><code>${plan.digest}</code><br><small>${plan.key}</small></dd>
<dt>Failure policy</dt><dd>${policy}: ${failurePolicies[policy]}</dd>
<dt>Cannot be rotated as configured</dt><dd>${totals.blocked}</dd>
<dt>Opened by</dt><dd>${openedBy ?? 'not signed'}</dd>
<dt>Approved</dt><dd>${when}</dd>
<dt>Signed by</dt><dd>${approvals === null ? 'nobody: relock.yaml asked for no signatures' : approvals.map(approvalOf)}</dd></dl>`;
}

function approvalOf({ bundle, by, wave, expires }: NonNullable<IncidentReport['approvals']>[number]): Markup {
  const scope = wave === null ? 'the whole plan' : `wave ${wave}`;
  return html`<div>${by.join(', ')}, for ${scope}, valid until ${expires}<br><code>${bundle.sha256}</code> <small>${bundle.key}</small></div>`;
}

function checkPart({ incident, plan }: IncidentReport, sha256: string): Markup {
  const folder = incident.replace(/^incident\//, 'incidents/');
  return html`<p>The evidence of each rotation is a file of its own in the artifact store, named by the SHA-256 of its bytes. The list beside the report has them all, with the plan, its pages and the report itself; in a copy of the store:</p>
<pre>sha256sum --check --quiet ${folder}/report/${sha256}.sha256</pre>
<p>This page was made from the report with this digest and says nothing else. docs/evidence.md explains each field, schema/ has the JSON Schemas.</p>
<dl><dt>Report, SHA-256</dt><dd><code>${sha256}</code></dd><dt>Plan, SHA-256</dt><dd><code>${plan.digest}</code></dd></dl>`;
}
