import type { Client, ScheduleDescription } from '@temporalio/client';
import type { WorkflowIds } from '../../model/workflowIds.js';
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
  /** Its name, also where Temporal calls it otherwise. */
  readonly id: string;
  readonly do: 'create' | 'update' | 'delete' | 'nothing';
  readonly credentials: number;
  /** Minutes after midnight UTC. */
  readonly minutes: number;
  readonly differs: readonly string[];
}

/** Makes the schedules those of relock.yaml. Whoever paused one finds it paused still. */
export function applySchedules(context: CommandContext, options: ApplyOptions): Promise<Outcome> {
  return withTemporal<Outcome>(context, async (client, ids) => {
    const all = await standings(client, await context.estate(), ids);
    const works = all.map((standing) => workFor(standing, twinOf(standing, all), options.at));
    const steps = works.map(({ step }) => step);
    const dryRun = options.dryRun === true;
    for (const step of steps) context.out.note(stepLine(step));
    const changes = works.filter(({ step }) => step.do !== 'nothing');
    // What goes, goes last: until then it says whether a person had paused what takes its place.
    const inOrder = [...changes.filter((work) => !isDeleted(work)), ...changes.filter(isDeleted)];
    if (!dryRun) for (const change of inOrder) await carryOut(client, change, ids);
    const did = dryRun ? 'would change; nothing was changed' : 'changed';
    context.out.result({ dryRun, schedules: steps }, [`${changes.length} of ${steps.length} schedules ${did}`]);
    return 'done';
  });
}

interface Work {
  readonly step: Step;
  readonly standing: Standing;
  /** What it was called until now. */
  readonly twin: ScheduleDescription | null;
}

function isDeleted({ step }: Work): boolean {
  return step.do === 'delete';
}

/** The same schedule under an id of the other kind: what a person did to it stays when it is called otherwise. */
function twinOf({ id, name }: Standing, all: readonly Standing[]): ScheduleDescription | null {
  return all.find((other) => other.name === name && other.id !== id)?.found ?? null;
}

function workFor(standing: Standing, twin: ScheduleDescription | null, at: number | undefined): Work {
  return { standing, twin, step: stepFor(standing, twin, at) };
}

function stepFor({ name, wanted, found }: Standing, twin: ScheduleDescription | null, at: number | undefined): Step {
  if (found !== null && found.action.workflowType !== 'rotateDue') throw foreign(name, found.action.workflowType);
  const before = found ?? twin;
  const minutes = at ?? (before && minutesOf(before)) ?? defaultMinutes;
  const step = { id: name, minutes, credentials: wanted?.credentials ?? 0, differs: [] };
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

async function carryOut(
  client: Client,
  { step, standing: { id, group }, twin }: Work,
  ids: WorkflowIds,
): Promise<void> {
  const handle = client.schedule.getHandle(id);
  if (step.do === 'delete') {
    await handle.delete();
    return;
  }
  const definition = definitionOf(group, step.minutes, ids);
  if (step.do === 'update') {
    await handle.update(({ state }) => ({ ...definition, state }));
    return;
  }
  const state = twin === null ? {} : { state: { paused: twin.state.paused, note: twin.state.note ?? '' } };
  await client.schedule.create({ scheduleId: id, ...definition, ...state });
}
