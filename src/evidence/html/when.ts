import type { Instant, Millis } from '../../model/time.js';

/** `2026-11-23 07:31:05Z` */
export function dateTime(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** Within one incident the day is said once. */
export function clock(at: Instant, openedAt: Instant): string {
  const sameDay = new Date(at).toISOString().slice(0, 10) === new Date(openedAt).toISOString().slice(0, 10);
  return dateTime(at).slice(sameDay ? 11 : 5, 19);
}

const units: readonly (readonly [Millis, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

/** The two largest units: `2 h 13 min`. */
export function duration(forMs: Millis): string {
  const parts: string[] = [];
  let left = Math.max(0, forMs);
  for (const [unitMs, name] of units) {
    const many = Math.floor(left / unitMs);
    if (many > 0) parts.push(`${many} ${name}`);
    left -= many * unitMs;
  }
  return parts.slice(0, 2).join(' ') || `${Math.round(left)} ms`;
}

/** Where in the incident, in percent of its length. */
export interface Scale {
  readonly from: Instant;
  readonly to: Instant;
}

export function percent({ from, to }: Scale, at: Instant): number {
  const share = (at - from) / Math.max(1, to - from);
  return Math.round(Math.min(1, Math.max(0, share)) * 10_000) / 100;
}

/** `10,000` */
export function many(count: number): string {
  return count.toLocaleString('en-US');
}
