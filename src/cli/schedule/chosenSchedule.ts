import type { Client, ScheduleDescription, ScheduleHandle } from '@temporalio/client';
import { type DueGroup, dueGroupOf, scheduleIdOf } from '../../model/schedule.js';
import type { WorkflowIds } from '../../model/workflowIds.js';
import { describeSchedule } from '../../schedules/standing.js';
import { UsageError } from '../failures.js';

export interface Chosen {
  /** `due/<vendor>/<days>d`. */
  readonly name: string;
  readonly handle: ScheduleHandle;
  readonly found: ScheduleDescription;
}

/** `itron/30`, `itron/30d` or `due/itron/30d`, as it is in Temporal. Throws `UsageError` when there is none. */
export async function chosenSchedule(client: Client, ids: WorkflowIds, given: string): Promise<Chosen> {
  const group = scheduledGroup(given);
  const [name, id] = [scheduleIdOf(group), ids.due(group)];
  const found = await describeSchedule(client, id);
  if (found === null)
    throw new UsageError(
      `there is no schedule ${name} in this namespace; nothing was touched. \`relock schedule list\` shows what there is, \`relock schedule apply\` makes what relock.yaml asks for`,
    );
  return { name, handle: client.schedule.getHandle(id), found };
}

/** What a person calls a schedule. Throws `UsageError` when it is none. */
export function scheduledGroup(given: string): DueGroup {
  const long = given.startsWith('due/') ? given : `due/${given}`;
  const group = dueGroupOf(long.endsWith('d') ? long : `${long}d`);
  if (group !== null) return group;
  throw new UsageError(`"${given}" is no schedule; nothing was touched. Expected vendor/days, such as itron/30`);
}
