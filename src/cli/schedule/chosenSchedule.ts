import type { Client, ScheduleDescription, ScheduleHandle } from '@temporalio/client';
import { dueGroupOf } from '../../model/schedule.js';
import { describeSchedule } from '../../schedules/standing.js';
import { UsageError } from '../failures.js';

export interface Chosen {
  readonly id: string;
  readonly handle: ScheduleHandle;
  readonly found: ScheduleDescription;
}

/** `itron/30`, `itron/30d` or `due/itron/30d`, as it is in Temporal. Throws `UsageError` when there is none. */
export async function chosenSchedule(client: Client, given: string): Promise<Chosen> {
  const id = scheduleIdFrom(given);
  const found = await describeSchedule(client, id);
  if (found === null)
    throw new UsageError(
      `there is no schedule ${id} in this namespace; nothing was touched. \`relock schedule list\` shows what there is, \`relock schedule apply\` makes what relock.yaml asks for`,
    );
  return { id, handle: client.schedule.getHandle(id), found };
}

function scheduleIdFrom(given: string): string {
  const long = given.startsWith('due/') ? given : `due/${given}`;
  const id = long.endsWith('d') ? long : `${long}d`;
  if (dueGroupOf(id) !== null) return id;
  throw new UsageError(`"${given}" is no schedule; nothing was touched. Expected vendor/days, such as itron/30`);
}
