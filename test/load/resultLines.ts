import type { LoadResult } from './loadRun.js';

const mostViolations = 20;

/** For people. */
export function resultLines(result: LoadResult): readonly string[] {
  const { credentials, seconds, perSecond, violations, peakMb, pauses, resumesAfterHalt } = result;
  return [
    `${credentials} credentials in ${seconds} s, ${perSecond} a second`,
    `ends: ${inWords(result.ends)}`,
    `reasons: ${inWords(result.reasons)}`,
    `faults: ${inWords(result.faults)}`,
    `kills: ${inWords(result.kills)}; ended by themselves: ${inWords(result.crashes)}`,
    `pauses: ${pauses}; resumed after a halt: ${resumesAfterHalt}`,
    `peak MiB at ${peakMb.mark}: ${inWords({ ...peakMb.atMark })}; at the end: ${inWords({ ...peakMb.atEnd })}`,
    `violations: ${violations.length}`,
    ...violations.slice(0, mostViolations).map((violation) => `  ${violation}`),
  ];
}

function inWords(counts: Readonly<Record<string, number>>): string {
  const named = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return named.length === 0 ? 'none' : named.map(([name, count]) => `${name} ${count}`).join(' · ');
}
