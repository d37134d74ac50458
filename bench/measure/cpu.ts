import { readdirSync, readFileSync } from 'node:fs';

/** What Linux counts in, whatever the kernel's own clock does. */
const ticksPerSecond = 100;

interface Used {
  readonly parent: number;
  readonly ticks: number;
}

/** Processor seconds used so far by these processes and everything below them, ended children included. */
export function cpuSeconds(roots: readonly number[]): number {
  const all = everyProcess();
  const below = childrenOf(all);
  const counted = new Set<number>();
  const waiting = [...roots];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    if (counted.has(pid)) continue;
    counted.add(pid);
    waiting.push(...(below.get(pid) ?? []));
  }
  return [...counted].reduce((sum, pid) => sum + (all.get(pid)?.ticks ?? 0), 0) / ticksPerSecond;
}

/** Highest resident memory of a process so far, in MiB. */
export function peakMemoryMb(pid: number): number {
  return statusMb(pid, /^VmHWM:\s+(\d+)/m);
}

/** Resident memory of a process now, in MiB. */
export function residentMemoryMb(pid: number): number {
  return statusMb(pid, /^VmRSS:\s+(\d+)/m);
}

function statusMb(pid: number, line: RegExp): number {
  const [, kilobytes = '0'] = readFileSync(`/proc/${pid}/status`, 'utf8').match(line) ?? [];
  return Number(kilobytes) / 1024;
}

function everyProcess(): ReadonlyMap<number, Used> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(pids.flatMap((pid) => usedBy(Number(pid))));
}

/** Nothing for a process that has ended meanwhile. */
function usedBy(pid: number): [number, Used][] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold anything; what follows it is numbers from the third field on.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, text) => sum + Number(text), 0);
    return [[pid, { parent: Number(fields[1]), ticks }]];
  } catch {
    return [];
  }
}

function childrenOf(all: ReadonlyMap<number, Used>): ReadonlyMap<number, readonly number[]> {
  const below = new Map<number, number[]>();
  for (const [pid, { parent }] of all) {
    const siblings = below.get(parent);
    if (siblings === undefined) below.set(parent, [pid]);
    else siblings.push(pid);
  }
  return below;
}
