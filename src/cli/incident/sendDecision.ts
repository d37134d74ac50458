import type { Client } from '@temporalio/client';
import { readIncidentPlan, readPlanPage } from '../../activities/incident/artifacts.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError } from '../failures.js';
import { type Decision, decide } from './decide.js';
import { momentOf } from './follow.js';
import { incidentId } from './names.js';
import { withClient } from './withClient.js';

const said: Readonly<Record<Decision, string>> = {
  approve: 'approved: the waves begin',
  deny: 'denied: nothing is changed, the incident ends',
  pause: 'paused: no further rotation starts, what is under way goes on',
  resume: 'resumed',
  abort: 'aborted: no further rotation starts, what is under way is finished or undone',
};

/** Sends one decision. An approval without a digest is for the plan as it is stored, every page of it checked. */
export async function sendDecision(
  context: CommandContext,
  given: string,
  decision: Decision,
  digest?: string,
): Promise<Outcome> {
  const incident = incidentId(given);
  return withClient<Outcome>(context, async (client) => {
    const approval =
      decision === 'approve' ? { planDigest: digest ?? (await checkedDigest(context, client, incident)) } : undefined;
    const progress = await decide(client, incident, decision, approval);
    context.out.result({ incident, decision, state: progress.state }, [`${incident} ${said[decision]}`]);
    return 'done';
  });
}

const readMs = 60_000;

/** Reads the whole plan: whoever changed a page in the store would be found here. */
async function checkedDigest(context: CommandContext, client: Client, incident: string): Promise<string> {
  const { progress } = await momentOf(client, incident);
  if (progress.plan === null)
    throw new CommandError(`${incident} has no plan yet; it is ${progress.state}. Nothing was approved`);
  const estate = await context.estate();
  const call = () => ({ signal: context.signal, deadline: context.now() + readMs });
  const plan = await readIncidentPlan(estate, progress.plan, call());
  for (const page of [...plan.waves.flatMap((wave) => wave.pages), ...plan.blocked])
    await readPlanPage(estate, page, call());
  return progress.plan.digest;
}
