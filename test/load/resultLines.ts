import type { LoadResult } from './loadRun.js';

const mostViolations = 20;

/** For people. */
export function resultLines(result: LoadResult): readonly string[] {
  const { credentials, seconds, perSecond, violations, memory, pauses, resumesAfterHalt } = result;
  return [
    `${credentials} credentials in ${seconds} s, ${perSecond} a second`,
    `ends: ${inWords(result.ends)}`,
    `reasons: ${inWords(result.reasons)}`,
    `faults: ${inWords(result.faults)}`,
    `kills: ${inWords(result.kills)}; ended by themselves: ${inWords(result.crashes)}`,
    `pauses: ${pauses}; resumed after a halt: ${resumesAfterHalt}`,
    `worker, highest MiB of each tenth: ${memory.map(({ worker }) => worker).join(' ')}`,
    `Temporal, highest MiB of each tenth: ${memory.map(({ temporal }) => temporal).join(' ')}`,
    `violations: ${violations.length}`,
    ...violations.slice(0, mostViolations).map(indented),
    ...Object.entries(result.journals).flatMap(([credential, lines]) => [credential, ...lines.map(indented)]),
  ];
}

function indented(line: string): string {
  return `  ${line}`;
}

function inWords(counts: Readonly<Record<string, number>>): string {
  const named = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return named.length === 0 ? 'none' : named.map(([name, count]) => `${name} ${count}`).join(' · ');
}
