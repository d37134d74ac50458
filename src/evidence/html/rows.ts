import { endStates, reasons } from '../../model/endStates.js';
import type { ReportRow } from '../reportSchema.js';
import { html, type Markup } from './markup.js';
import { clock, percent, type Scale } from './when.js';

/** Rows of one table; a browser lays out only the tables that are seen. */
const rowsPerGroup = 100;
/** Names of a long list that are shown in a cell. */
const namesShown = 6;

/** Every row, in groups that a person opens; a short list is open at once. */
export function rowGroups(rows: readonly ReportRow[], scale: Scale): readonly Markup[] {
  const groups: Markup[] = [];
  for (let from = 0; from < rows.length; from += rowsPerGroup) {
    const group = rows.slice(from, from + rowsPerGroup);
    groups.push(groupOf(group, from, rows.length, scale));
  }
  return groups;
}

function groupOf(rows: readonly ReportRow[], from: number, of: number, scale: Scale): Markup {
  const range = `${rows[0]?.id ?? ''} to ${rows.at(-1)?.id ?? ''}`;
  const table = html`<section class="rows"><table><colgroup><col class="id"><col class="end"><col class="where"><col class="when"><col></colgroup>
<thead><tr><th>Credential</th><th>End, and why</th><th>Where</th><th>When, UTC</th><th>Evidence, SHA-256</th></tr></thead>
<tbody>
${rows.map((row) => rowOf(row, scale))}</tbody></table></section>`;
  if (of <= rowsPerGroup) return table;
  return html`<details${from === 0 ? html` open` : null}><summary>${from + 1}–${from + rows.length} of ${of}: ${range}</summary>${table}</details>
`;
}

function rowOf(row: ReportRow, scale: Scale): Markup {
  const about = [row.kind, row.account, ...(row.owner === null ? [] : [row.owner])].join(' · ');
  return html`<tr${row.exposed ? html` class="exposed"` : null}><th scope="row">${row.id}<small>${about}</small></th>${endCell(row)}<td>${listed(row.targets)}<small>${listed(row.copies)}</small></td><td>${whenCell(row, scale)}</td><td>${row.evidence === null ? '–' : html`<code>${row.evidence.sha256}</code>`}</td></tr>
`;
}

function endCell(row: ReportRow): Markup {
  const tone = row.exposed ? 'bad' : 'good';
  return html`<td><b class="${tone}">${row.state}</b> ${[...reasonOf(row), ...row.findings].map((why) => html`<small>${why}</small>`)}</td>`;
}

/** Why it is not simply rotated, in sentences that others share. */
export function reasonOf({ reason, flags }: ReportRow): readonly string[] {
  const why = reason === null ? [] : [reasons[reason]];
  const stale =
    flags === null || flags.stale.length === 0 ? [] : [`readers get an old secret from ${listed(flags.stale)}`];
  const unsaved =
    flags === null || flags.unsaved.length === 0 ? [] : [`a reboot may revive the old one on ${listed(flags.unsaved)}`];
  return [...why, ...stale, ...unsaved];
}

export function listed(names: readonly string[]): string {
  const more = names.length - namesShown;
  return more > 0 ? `${names.slice(0, namesShown).join(', ')} and ${more} more` : names.join(', ');
}

function whenCell({ startedAt, endedAt, phases }: ReportRow, scale: Scale): Markup {
  if (startedAt === null || endedAt === null) return html`not begun`;
  const [x, end] = [percent(scale, startedAt), percent(scale, endedAt)];
  const steps = phases
    .flatMap(({ phase, provenAt }) => (provenAt === null ? [] : [{ what: steppingStones[phase], at: provenAt }]))
    .flatMap(({ what, at }) => (what === undefined ? [] : [`${what} ${clock(at, scale.from)}`]));
  const width = Math.max(0, Math.round((end - x) * 100) / 100);
  return html`${clock(startedAt, scale.from)}–${clock(endedAt, scale.from)}<svg class="b" aria-hidden="true"><rect x="${x}%" width="${width}%"/></svg>${steps.map((step) => html`<small>${step}</small>`)}`;
}

/** Phases that change what is true for others; the rest is in the evidence. */
const steppingStones: Readonly<Record<string, string>> = {
  promoted: 'new for readers',
  retired: 'old seen dead',
};

export function meaningOf(state: ReportRow['state']): string {
  if (state === 'pending') return 'no end was recorded';
  return state === 'blocked' ? 'cannot be rotated as configured' : endStates[state];
}
