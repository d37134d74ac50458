import { type Client, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import type { Estate } from '../config/estate.js';
import { type DueGroup, dueGroupOf, scheduleIdOf } from '../model/schedule.js';
import { isOpaqueId, type WorkflowIds } from '../model/workflowIds.js';
import { type Wanted, wantedGroups } from './definition.js';

/** One schedule, as relock.yaml wants it and as Temporal has it. */
export interface Standing {
  /** What people call it: `due/<vendor>/<days>d`. */
  readonly name: string;
  /** What it is called in Temporal. */
  readonly id: string;
  readonly group: DueGroup;
  /** null: nothing in relock.yaml asks for it any more, or not under this id. */
  readonly wanted: Wanted | null;
  /** null: there is none. */
  readonly found: ScheduleDescription | null;
}

const scheduledWorkflow = 'rotateDue';

/** Every schedule that relock.yaml asks for or that relock made in this namespace, by name. Throws when Temporal does not answer. */
export async function standings(
  client: Client,
  estate: Pick<Estate, 'credentials'>,
  ids: WorkflowIds,
): Promise<readonly Standing[]> {
  const standing: Standing[] = [];
  // A schedule that was just made may not be listed yet: those wanted are asked for by id.
  for (const [name, wanted] of wantedGroups(estate)) {
    const id = ids.due(wanted.group);
    standing.push({ name, id, group: wanted.group, wanted, found: await describeSchedule(client, id) });
  }
  const asked = new Set(standing.map(({ id }) => id));
  for (const id of await madeHere(client)) if (!asked.has(id)) standing.push(...(await unwanted(client, id)));
  return standing.sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function madeHere(client: Client): Promise<readonly string[]> {
  const made: string[] = [];
  for await (const { scheduleId, action } of client.schedule.list()) {
    const isOurs = dueGroupOf(scheduleId) !== null || isOpaqueId(scheduleId);
    if (action?.workflowType === scheduledWorkflow && isOurs) made.push(scheduleId);
  }
  return made;
}

/** Empty: it has gone meanwhile, or says nowhere what it looks after. */
async function unwanted(client: Client, id: string): Promise<readonly Standing[]> {
  const found = await describeSchedule(client, id);
  const group = found === null ? null : (dueGroupOf(id) ?? groupIn(found));
  return group === null ? [] : [{ name: scheduleIdOf(group), id, group, wanted: null, found }];
}

/** What it starts workflows with says it where the id does not. */
function groupIn({ action }: ScheduleDescription): DueGroup | null {
  const given: unknown = action.args?.[0];
  if (typeof given !== 'object' || given === null || !('vendor' in given) || !('everyDays' in given)) return null;
  return dueGroupOf(`due/${given.vendor}/${given.everyDays}d`);
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

export function stateOf({ found }: Pick<Standing, 'found'>): ScheduleState {
  if (found === null) return 'missing';
  return found.state.paused ? 'paused' : 'active';
}
