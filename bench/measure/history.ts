import type { WorkflowHandle } from '@temporalio/client';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** Moments of one rotation of one target, in ms since the epoch, as Temporal's server saw them. */
export interface Milestones {
  /** The change was handed to the worker: from here on the target may have the new secret. */
  readonly changedAt: number;
  /** Readers of the vault get the new one. */
  readonly promotedAt: number;
  /** The old one was seen refused. */
  readonly refusedAt: number;
}

interface Step {
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Throws when the history is not one of a rotation that went well. */
export function milestonesOf(history: History): Milestones {
  const steps = stepsOf(history);
  const change = steps.find(({ name }) => name === 'change');
  const promote = steps.find(({ name }) => name === 'promote');
  const refusal = steps.find(({ name, startedAt }) => name === 'probe' && startedAt >= (promote?.endedAt ?? Infinity));
  if (change === undefined || promote === undefined || refusal === undefined)
    throw new Error(`not the history of a rotation that went well: ${steps.map(({ name }) => name).join(', ')}`);
  return { changedAt: change.startedAt, promotedAt: promote.endedAt, refusedAt: refusal.endedAt };
}

function stepsOf({ events }: History): readonly Step[] {
  const all = events ?? [];
  return all.flatMap((event) => {
    const ended = event.activityTaskCompletedEventAttributes;
    if (ended == null) return [];
    const at = (id: typeof ended.startedEventId) => all.find(({ eventId }) => `${eventId}` === `${id}`);
    const name = at(ended.scheduledEventId)?.activityTaskScheduledEventAttributes?.activityType?.name ?? '';
    return [{ name, startedAt: millis(at(ended.startedEventId)), endedAt: millis(event) }];
  });
}

function millis(event: NonNullable<History['events']>[number] | undefined): number {
  const time = event?.eventTime;
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}
