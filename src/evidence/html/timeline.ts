import type { IncidentReport, ReportRow } from '../reportSchema.js';
import { html, type Markup } from './markup.js';
import { clock, dateTime, duration, many, percent, type Scale } from './when.js';

const columns = 120;
const exposedTop = 34;
const exposedHeight = 110;
const waveTop = exposedTop + exposedHeight + 12;
const waveHeight = 14;

interface Moment {
  readonly at: number;
  readonly what: string;
}

/** The incident to scale: how many could still be opened, when waves ran, when people decided. Readable without colour or script. */
export function timeline(report: IncidentReport, scale: Scale): Markup {
  const moments = momentsOf(report);
  const bottom = waveTop + report.waves.length * (waveHeight + 4) + 6;
  return html`<svg class="chart" height="${bottom + 22}" role="img" aria-label="How many credentials could still be opened with an old secret, from opening to end">
<text x="0" y="${exposedTop - 20}">still exposed: ${many(report.total)} at first, ${many(report.exposed)} at the end</text>
${exposedBars(report, scale)}
<line class="axis" x1="0" x2="100%" y1="${exposedTop + exposedHeight}" y2="${exposedTop + exposedHeight}"/>
${report.waves.map((wave, index) => waveBar(wave, index, scale))}
${moments.map((moment, index) => marker(moment, index, scale, bottom))}
${ticks(scale, bottom)}</svg>
<ul class="key"><li><i class="x"></i>could still be opened with an old secret</li><li><i class="w"></i>a wave of rotations</li>
${moments.map(({ at, what }, index) => html`<li><b>${index + 1}</b>${dateTime(at)} ${what}</li>`)}</ul>`;
}

function momentsOf(report: IncidentReport): readonly Moment[] {
  const { openedAt, approvedAt, endedAt, waves, credentials } = report;
  const begun = waves.flatMap(({ kind, startedAt, credentials: size }, index) =>
    startedAt === null
      ? []
      : [{ at: startedAt, what: `wave ${index + 1} begins (${kind}, ${many(size)} credentials)` }],
  );
  const closed = credentials.flatMap(closedAt);
  const last = closed.length === 0 ? [] : [{ at: latest(closed), what: 'the last proof that an old secret is dead' }];
  const approved = approvedAt === null ? [] : [{ at: approvedAt, what: 'the plan was approved' }];
  const all = [
    { at: openedAt, what: 'the incident was opened' },
    ...approved,
    ...(begun.length > mostWaves ? [] : begun),
    ...last,
    { at: endedAt, what: `the incident ended: ${report.state}, after ${duration(endedAt - openedAt)}` },
  ];
  return all.sort((one, other) => one.at - other.at);
}

/** More waves than this would hide the curve behind their marks. */
const mostWaves = 6;

/** When the last old version of this credential was seen dead everywhere. */
function closedAt({ exposed, phases, endedAt }: ReportRow): readonly number[] {
  if (exposed || endedAt === null) return [];
  return [phases.find(({ phase }) => phase === 'retired')?.provenAt ?? endedAt];
}

function latest(times: readonly number[]): number {
  return times.reduce((one, other) => Math.max(one, other));
}

function exposedBars({ credentials, total }: IncidentReport, scale: Scale): readonly Markup[] {
  const closed = credentials.flatMap(closedAt).sort((one, other) => one - other);
  const width = 100 / columns;
  let gone = 0;
  return [...Array(columns).keys()].map((column) => {
    const at = scale.from + ((scale.to - scale.from) * column) / columns;
    while ((closed[gone] ?? Number.POSITIVE_INFINITY) <= at) gone += 1;
    const height = total === 0 ? 0 : Math.round(((total - gone) / total) * exposedHeight * 10) / 10;
    const y = exposedTop + exposedHeight - height;
    return html`<rect class="x" x="${(column * width).toFixed(2)}%" width="${(width + 0.05).toFixed(2)}%" y="${y}" height="${height}"/>`;
  });
}

function waveBar({ startedAt, endedAt }: IncidentReport['waves'][number], index: number, scale: Scale): Markup {
  if (startedAt === null || endedAt === null) return html``;
  const [x, end] = [percent(scale, startedAt), percent(scale, endedAt)];
  const y = waveTop + index * (waveHeight + 4);
  return html`<rect class="w" x="${x}%" width="${Math.max(0.3, end - x).toFixed(2)}%" y="${y}" height="${waveHeight}"/>`;
}

/** Marks that would lie on one another take turns in height. */
function marker({ at }: Moment, index: number, scale: Scale, bottom: number): Markup {
  const x = percent(scale, at);
  const y = exposedTop + 4 + (index % 4) * 24;
  return html`<line class="m" x1="${x}%" x2="${x}%" y1="${exposedTop - 6}" y2="${bottom}"/><circle class="mark" cx="${x}%" cy="${y}" r="9"/><text x="${x}%" y="${y + 4}" text-anchor="middle">${index + 1}</text>`;
}

function ticks(scale: Scale, bottom: number): readonly Markup[] {
  const anchors = ['start', 'middle', 'middle', 'middle', 'end'];
  return anchors.map((anchor, index) => {
    const at = scale.from + ((scale.to - scale.from) * index) / (anchors.length - 1);
    const narrow = index % 2 === 1 ? html` class="wide"` : null;
    return html`<text x="${index * 25}%" y="${bottom + 16}" text-anchor="${anchor}"${narrow}>${clock(at, scale.from)}</text>`;
  });
}
