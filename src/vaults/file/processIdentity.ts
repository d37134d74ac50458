import { readFile, readlink } from 'node:fs/promises';
import { z } from 'zod';

/** Tells this process from every other, also from a later one that gets the same id. Unknown parts are null. */
const identity = z.object({
  pid: z.number().int(),
  /** Clock ticks after boot. */
  startedAt: z.string().nullable(),
  boot: z.string().nullable(),
  /** Process ids mean something only within one of these. */
  pidNamespace: z.string().nullable(),
});
export type ProcessIdentity = z.output<typeof identity>;

export async function ownIdentity(): Promise<ProcessIdentity> {
  const { startedAt } = await statOf(process.pid);
  return { pid: process.pid, startedAt, boot: await bootId(), pidNamespace: await pidNamespace() };
}

/** null: not written by us, or not completely. */
export function parseIdentity(text: string): ProcessIdentity | null {
  try {
    return identity.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** False only when it is certain that this process is gone. */
export async function mayBeAlive(other: ProcessIdentity): Promise<boolean> {
  if (other.boot !== (await bootId())) return false;
  if (other.pidNamespace !== (await pidNamespace())) return true;
  if (!processExists(other.pid)) return false;
  const { startedAt, ended } = await statOf(other.pid);
  return !ended && (startedAt === null || startedAt === other.startedAt);
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** From `/proc/<pid>/stat`; where there is no /proc, nothing is known. */
async function statOf(pid: number): Promise<{ readonly startedAt: string | null; readonly ended: boolean }> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return { startedAt: null, ended: false };
  // The command's name is in parentheses and may hold anything; state is field 3, start time field 22.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { startedAt: fields[19] ?? null, ended: fields[0] === 'Z' || fields[0] === 'X' };
}

async function bootId(): Promise<string | null> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => null);
  return text === null ? null : text.trim();
}

async function pidNamespace(): Promise<string | null> {
  return readlink('/proc/self/ns/pid').catch(() => null);
}
