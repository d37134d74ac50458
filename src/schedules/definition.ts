import type { ScheduleDescription, ScheduleOptions } from '@temporalio/client';
import type { CredentialEntry, Estate } from '../config/estate.js';
import { type DueGroup, lookEveryMs, scheduleIdOf } from '../model/schedule.js';
import { plainIds, type WorkflowIds } from '../model/workflowIds.js';
import type { rotateDue } from '../workflows/rotateDue.js';
import { mainTaskQueue } from '../workflows/taskQueues.js';

/** When nobody says otherwise, schedules look at 02:00 UTC. */
export const defaultMinutes = 120;

const minuteMs = 60_000;

/** Looks of many schedules are spread over so long. */
const jitterMs = 30 * minuteMs;

/** A look that was missed because Temporal was down is made up for within this. */
const catchupMs = 24 * 60 * minuteMs;

/** What relock.yaml asks for: each vendor and interval, with how many credentials have it; by name, sorted. */
export function wantedGroups(estate: Pick<Estate, 'credentials'>): ReadonlyMap<string, Wanted> {
  const entries = [...estate.credentials.values()].flatMap(groupOf);
  const wanted = new Map<string, Wanted>();
  for (const group of entries.sort((one, other) => (scheduleIdOf(one) < scheduleIdOf(other) ? -1 : 1))) {
    const id = scheduleIdOf(group);
    wanted.set(id, { group, credentials: (wanted.get(id)?.credentials ?? 0) + 1 });
  }
  return wanted;
}

export interface Wanted {
  readonly group: DueGroup;
  readonly credentials: number;
}

function groupOf({ vendor, everyDays }: CredentialEntry): readonly DueGroup[] {
  return everyDays === null ? [] : [{ vendor, everyDays }];
}

type DueSchedule = Omit<
  ScheduleOptions,
  'scheduleId' | 'memo' | 'state' | 'searchAttributes' | 'typedSearchAttributes'
>;

/** The schedule that looks after a group, `minutes` after midnight UTC. */
export function definitionOf(group: DueGroup, minutes: number, ids: WorkflowIds) {
  const { vendor, everyDays } = group;
  return {
    spec: { intervals: [{ every: lookEveryMs, offset: minutes * minuteMs }], jitter: jitterMs },
    // A look fails only when a person must look first: until then nothing more is started.
    policies: { overlap: 'SKIP', catchupWindow: catchupMs, pauseOnFailure: true },
    action: {
      type: 'startWorkflow',
      workflowType: 'rotateDue',
      workflowId: ids.due(group),
      taskQueue: mainTaskQueue,
      args: [{ vendor, everyDays, from: null }] satisfies Parameters<typeof rotateDue>,
      staticSummary: `what is due with ${vendor}, every ${everyDays} days`,
    },
  } as const satisfies DueSchedule;
}

/** Minutes after midnight UTC at which a schedule looks; null: it was not made by relock, or was changed by hand. */
export function minutesOf({ spec }: Pick<ScheduleDescription, 'spec'>): number | null {
  const [interval, ...others] = spec.intervals ?? [];
  if (interval === undefined || others.length > 0 || interval.every !== lookEveryMs) return null;
  return Math.floor(interval.offset / minuteMs);
}

/** What of a schedule is not as it would be made now; empty: nothing. */
export function differences(found: ScheduleDescription, group: DueGroup, minutes: number): readonly string[] {
  // What it is called is asked for by whoever found it.
  const wanted = definitionOf(group, minutes, plainIds);
  const { policies, action, spec } = found;
  const parts: readonly (readonly [string, boolean])[] = [
    ['time', minutesOf(found) === minutes && (spec.calendars ?? []).length === 0 && (spec.skip ?? []).length === 0],
    ['jitter', spec.jitter === wanted.spec.jitter],
    ['overlap', policies.overlap === wanted.policies.overlap],
    ['catch-up window', policies.catchupWindow === wanted.policies.catchupWindow],
    ['pause on failure', policies.pauseOnFailure],
    ['task queue', action.taskQueue === wanted.action.taskQueue],
    ['input', JSON.stringify(action.args) === JSON.stringify(wanted.action.args)],
  ];
  return parts.filter(([, same]) => !same).map(([name]) => name);
}

/** `02:00`, of minutes after midnight. */
export function timeOfDay(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => `${part}`.padStart(2, '0')).join(':');
}
