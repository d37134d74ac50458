import type { Client } from '@temporalio/client';
import { type DueGroup, dueGroupOf } from '../../model/schedule.js';
import { defaultMinutes, definitionOf, differences, minutesOf, timeOfDay } from '../../schedules/definition.js';
import { type Standing, standings } from '../../schedules/standing.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError } from '../failures.js';
import { withTemporal } from '../temporal/withTemporal.js';

export interface ApplyOptions {
  /** Minutes after midnight UTC; absent: as it is. */
  readonly at?: number;
  readonly dryRun?: boolean;
}

/** What is to be done with one schedule. */
export interface Step {
  readonly id: string;
  readonly do: 'create' | 'update' | 'delete' | 'nothing';
  readonly credentials: number;
  /** Minutes after midnight UTC. */
  readonly minutes: number;
  readonly differs: readonly string[];
}

/** Makes the schedules those of relock.yaml. Whoever paused one finds it paused still. */
export function applySchedules(context: CommandContext, options: ApplyOptions): Promise<Outcome> {
  return withTemporal<Outcome>(context, async (client) => {
    const estate = await context.estate();
    const steps = (await standings(client, estate)).map((standing) => stepFor(standing, options.at));
    const dryRun = options.dryRun === true;
    for (const step of steps) context.out.note(stepLine(step));
    const changes = steps.filter((step) => step.do !== 'nothing');
    if (!dryRun) for (const step of changes) await carryOut(client, step);
    const did = dryRun ? 'would change; nothing was changed' : 'changed';
    context.out.result({ dryRun, schedules: steps }, [`${changes.length} of ${steps.length} schedules ${did}`]);
    return 'done';
  });
}

function stepFor({ id, wanted, found }: Standing, at: number | undefined): Step {
  if (found !== null && found.action.workflowType !== 'rotateDue') throw foreign(id, found.action.workflowType);
  const minutes = at ?? (found && minutesOf(found)) ?? defaultMinutes;
  const step = { id, minutes, credentials: wanted?.credentials ?? 0, differs: [] };
  if (wanted === null) return { ...step, do: 'delete' };
  if (found === null) return { ...step, do: 'create' };
  const differs = differences(found, wanted.group, minutes);
  return { ...step, do: differs.length > 0 ? 'update' : 'nothing', differs };
}

function foreign(id: string, workflowType: string): CommandError {
  return new CommandError(
    `schedule ${id} was not made by relock: it starts ${workflowType}; nothing was touched. Remove it, or use another namespace`,
  );
}

function stepLine({ id, do: what, credentials, minutes, differs }: Step): string {
  const looks = `${credentials} credentials, looked at daily at ${timeOfDay(minutes)} UTC`;
  switch (what) {
    case 'create':
      return `+ ${id}  ${looks}`;
    case 'update':
      return `~ ${id}  ${looks}; changes: ${differs.join(', ')}`;
    case 'delete':
      return `- ${id}  nothing in relock.yaml asks for it`;
    case 'nothing':
      return `  ${id}  ${looks}; as it is`;
  }
}

async function carryOut(client: Client, step: Step): Promise<void> {
  const handle = client.schedule.getHandle(step.id);
  if (step.do === 'delete') {
    await handle.delete();
    return;
  }
  const definition = definitionOf(groupOf(step), step.minutes);
  if (step.do === 'create') await client.schedule.create({ scheduleId: step.id, ...definition });
  else await handle.update(({ state }) => ({ ...definition, state }));
}

function groupOf({ id }: Step): DueGroup {
  const group = dueGroupOf(id);
  if (group === null) throw new RangeError('a schedule was not checked before it was made');
  return group;
}
