// Writes down the arguments and the environment of every process of this machine, hosts within it included, until it is
// ended: a JSON line for each that was not seen before. A young process is read again and again, as it may become another program.
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';

const [file = ''] = process.argv.slice(2);
const youngMs = 2_000;
const everyMs = 4;
/** An old process seldom becomes another program. */
const sweepsBetweenAll = 200;
const born = new Map<string, number>();
const seen = new Set<string>();

function read(pid: string, what: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'latin1');
  } catch {
    return '';
  }
}

/** Both of one program: a process that becomes another one in between is read again. */
function sampleOf(pid: string) {
  for (;;) {
    const [cmdline, environ] = [read(pid, 'cmdline'), read(pid, 'environ')];
    if (read(pid, 'cmdline') === cmdline) return { cmdline, environ };
  }
}

function look(pid: string): void {
  const sample = sampleOf(pid);
  const key = `${pid}\0${sample.cmdline}\0${sample.environ}`;
  if (seen.has(key)) return;
  seen.add(key);
  appendFileSync(file, `${JSON.stringify({ pid: Number(pid), ...sample })}\n`);
}

function sweep(number: number): void {
  const now = Date.now();
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const since = born.get(pid) ?? now;
    born.set(pid, since);
    if (now - since < youngMs || number % sweepsBetweenAll === 0) look(pid);
  }
  const alive = new Set(pids);
  for (const pid of born.keys()) if (!alive.has(pid)) born.delete(pid);
}

process.stdin.resume().on('end', () => process.exit());
let sweeps = 0;
setInterval(() => sweep(sweeps++), everyMs);
sweep(sweeps++);
process.stdout.write('sampling\n');
