import { type Client, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import type { Estate } from '../config/estate.js';
import { dueGroupOf } from '../model/schedule.js';
import { type Wanted, wantedGroups } from './definition.js';

/** One schedule, as relock.yaml wants it and as Temporal has it. */
export interface Standing {
  readonly id: string;
  /** null: nothing in relock.yaml asks for it any more. */
  readonly wanted: Wanted | null;
  /** null: there is none. */
  readonly found: ScheduleDescription | null;
}

const scheduledWorkflow = 'rotateDue';

/** Every schedule that relock.yaml asks for or that relock made in this namespace, by id. Throws when Temporal does not answer. */
export async function standings(client: Client, estate: Pick<Estate, 'credentials'>): Promise<readonly Standing[]> {
  const wanted = wantedGroups(estate);
  const ids = new Set([...wanted.keys(), ...(await madeHere(client))]);
  const standing: Standing[] = [];
  for (const id of [...ids].sort()) {
    const found = await describeSchedule(client, id);
    if (found !== null || wanted.has(id)) standing.push({ id, wanted: wanted.get(id) ?? null, found });
  }
  return standing;
}

/** A schedule that was just made may not be listed yet: those wanted are asked for by id. */
async function madeHere(client: Client): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { scheduleId, action } of client.schedule.list()) {
    if (action?.workflowType === scheduledWorkflow && dueGroupOf(scheduleId) !== null) ids.push(scheduleId);
  }
  return ids;
}

/** null: there is none. */
export async function describeSchedule(client: Client, id: string): Promise<ScheduleDescription | null> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

export type ScheduleState = 'active' | 'paused' | 'missing';

export function stateOf({ found }: Standing): ScheduleState {
  if (found === null) return 'missing';
  return found.state.paused ? 'paused' : 'active';
}
