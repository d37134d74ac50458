import { setTimeout as delay } from 'node:timers/promises';
import { type Client, ScheduleOverlapPolicy, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { DueResult } from '../../workflows/dueMessages.js';
import { wordsOf } from '../../workflows/duePage.js';
import type { rotateDue } from '../../workflows/rotateDue.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError } from '../failures.js';
import { withTemporal } from '../temporal/withTemporal.js';
import { type Chosen, chosenSchedule } from './chosenSchedule.js';

/** Looks now, by the schedule itself: what it starts is what it would start by itself. */
export function runSchedule(context: CommandContext, given: string, wait: boolean): Promise<Outcome> {
  return withTemporal<Outcome>(context, async (client, ids) => {
    const chosen = await chosenSchedule(client, ids, given);
    const look = await begin(client, chosen, context);
    context.out.note(`${chosen.name} looks what is due: workflow ${look.workflowId}`);
    if (!wait) {
      context.out.result({ schedule: chosen.name, workflow: look.workflowId }, ['follow it in the Temporal UI']);
      return 'done';
    }
    const result = await endOf(client, chosen, look, context);
    if (result === null) {
      context.out.note('nobody waits any more; the look goes on');
      return 'waiting';
    }
    context.out.result(result, resultLines(chosen.name, result));
    return outcomeOf(result);
  });
}

const pollMs = 200;
const beginMs = 30_000;

async function begin(
  client: Client,
  { name, handle, found }: Chosen,
  context: CommandContext,
): Promise<WorkflowHandle> {
  const [running] = found.info.runningActions;
  if (running !== undefined) throw new CommandError(looksAlready(name, running.workflow.workflowId));
  const before = found.info.numActionsTaken;
  await handle.trigger(ScheduleOverlapPolicy.SKIP);
  const until = context.now() + beginMs;
  while (context.now() < until && !context.signal.aborted) {
    const { info } = await handle.describe();
    const action = info.recentActions.at(-1)?.action;
    if (info.numActionsTaken > before && action !== undefined)
      return client.workflow.getHandle(action.workflow.workflowId);
    await delay(pollMs, undefined, { signal: context.signal }).catch(() => undefined);
  }
  throw new CommandError(
    `${name} was told to look and has not begun; it may still. See relock schedule list, and whether the Temporal server is busy`,
  );
}

function looksAlready(name: string, workflowId: string): string {
  return `${name} is looking already: workflow ${workflowId}; nothing was touched. Wait for it to end`;
}

/** null: nobody waits any more. */
async function endOf(
  client: Client,
  { name }: Chosen,
  look: WorkflowHandle,
  context: CommandContext,
): Promise<DueResult | null> {
  const handle = client.workflow.getHandle<typeof rotateDue>(look.workflowId);
  try {
    return await client.withAbortSignal(context.signal, () => handle.result());
  } catch (error) {
    if (context.signal.aborted) return null;
    if (!(error instanceof WorkflowFailedError)) throw error;
    const said =
      error.cause instanceof ApplicationFailure ? error.cause.message : 'its workflow was ended from outside';
    throw new CommandError(`${name}: ${said}`);
  }
}

function resultLines(name: string, { looked, due, ends, parked, skipped, notRotated }: DueResult): readonly string[] {
  const counts = Object.entries(ends).map(([state, count]) => `${state} ${count}`);
  if (parked > 0) counts.push(`waiting ${parked}`);
  if (skipped > 0) counts.push(`left alone ${skipped}`);
  return [
    `${name}: ${looked} credentials, ${due} due${counts.length > 0 ? `: ${counts.join(', ')}` : ''}`,
    ...notRotated.map(
      ({ credential, state, reason }) => `  ${credential}: ${state}${reason === null ? '' : `: ${wordsOf(reason)}`}`,
    ),
  ];
}

function outcomeOf({ due, ends }: DueResult): Outcome {
  return due === (ends.rotated ?? 0) ? 'done' : 'incomplete';
}
