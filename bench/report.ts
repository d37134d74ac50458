import type { RelockLane } from './lanes/relock.js';
import type { Mark } from './lanes/weightless.js';
import { type Lane, median, percentile, perSecond, rounded } from './measure/lane.js';

/** All lanes over one fleet, in the order in which they ran. */
export interface Side {
  /** Heading: how many of what, where. */
  readonly title: string;
  readonly lanes: readonly (Lane | RelockLane)[];
}

/** Medians, because the machine may be busy with other things in one of the runs. */
export function speedOf({ lanes }: Side, name: string): number {
  return median(lanes.filter((lane) => lane.name === name).map(perSecond));
}

export function ratio(side: Side, to: string): number | null {
  const value = speedOf(side, 'relock') / speedOf(side, to);
  return Number.isFinite(value) ? rounded(value, 2) : null;
}

/** As Markdown, for docs/performance.md. */
export function tableOf(side: Side): string {
  const head = [
    'what',
    '/s',
    'until refused P50 / P99, s',
    'dead secret P50 / P99, s',
    'CPU s',
    'CPU ms each, by what',
  ];
  const rows = side.lanes.map((lane) => [
    lane.name,
    rounded(perSecond(lane), 2),
    lane.refusedAfter.length === 0 ? 'not looked at' : spread(lane.refusedAfter),
    lane.deadFor === null ? 'no vault' : spread(lane.deadFor),
    rounded(Object.values(lane.cpu).reduce((sum, seconds) => sum + seconds, 0)),
    cpuEach(lane),
  ]);
  const notes = side.lanes.flatMap((lane) => ('eventsEach' in lane ? [noteOf(lane)] : []));
  return [
    `### ${side.title}`,
    '',
    line(head),
    line(head.map(() => '---')),
    ...rows.map(line),
    '',
    ...new Set(notes),
  ].join('\n');
}

export function weightlessLines(marks: readonly Mark[]): string {
  const lines = marks.map(
    ({ rotations, perSecond: speed, workerMsEach, peakMb }) =>
      `| ${rotations} | ${speed} | ${workerMsEach} | ${peakMb} |`,
  );
  return [
    '### Weightless',
    '',
    '| rotations | /s | worker CPU ms each | peak MiB |',
    '|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function spread(values: readonly number[]): string {
  return `${rounded(percentile(values, 50))} / ${rounded(percentile(values, 99))}`;
}

function cpuEach({ cpu, credentials }: Lane): string {
  return Object.entries(cpu)
    .map(([what, seconds]) => `${what} ${Math.round((seconds * 1000) / credentials)}`)
    .join(', ');
}

function noteOf({ eventsEach, bytesEach, workerMb, otherwise }: RelockLane): string {
  return `relock: ${eventsEach} events and ${rounded(bytesEach / 1000)} kB of history a credential; worker at most ${Math.round(workerMb)} MiB; ${otherwise} did not end as rotated.`;
}

function line(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}
