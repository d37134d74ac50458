import { nameProblem } from './identifiers.js';
import type { Instant, Millis } from './time.js';

/** Credentials of one vendor that are rotated every so many days: what one Temporal Schedule looks after. */
export interface DueGroup {
  readonly vendor: string;
  readonly everyDays: number;
}

const dayMs: Millis = 24 * 3_600_000;

/** How often a schedule looks what is due: what could not be rotated today is tried again tomorrow. */
export const lookEveryMs: Millis = dayMs;

/** Half a look early is due, else a rotation that took a minute would be late by a day. */
const earlyMs: Millis = lookEveryMs / 2;

/** The id is stored in clear: vendor and days, nothing else. */
export function scheduleIdOf({ vendor, everyDays }: DueGroup): string {
  return `due/${vendor}/${everyDays}d`;
}

/** null: not an id of relock's. */
export function dueGroupOf(scheduleId: string): DueGroup | null {
  const [, vendor = '', days = ''] = /^due\/([^/]+)\/([1-9]\d{0,3})d$/.exec(scheduleId) ?? [];
  return vendor === '' || nameProblem(vendor) !== null ? null : { vendor, everyDays: Number(days) };
}

/** `rotatedAt` is relock's own; null: it never rotated this, so it is due. */
export function isDue(rotatedAt: Instant | null, everyDays: number, at: Instant): boolean {
  return rotatedAt === null || at - rotatedAt >= everyDays * dayMs - earlyMs;
}

/** Why a person pauses a schedule. Closed: a schedule's note is stored in clear. */
export const pauseNotes = {
  maintenance: 'targets or vaults are being worked on',
  incident: 'an incident is being handled',
  investigation: 'somebody finds out why rotations fail',
  freeze: 'nothing may be changed for a while',
} as const;
export type PauseNote = keyof typeof pauseNotes;
