import type { Client } from '@temporalio/client';
import { readIncidentPlan, readPlanPage } from '../../activities/incident/artifacts.js';
import { incidentNameOf } from '../../model/workflowIds.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError } from '../failures.js';
import { tableLines } from '../output.js';
import { counted } from '../table.js';
import { momentOf, momentSoon } from './follow.js';
import { type IncidentRef, incidentsQuery } from './incidentRef.js';
import { planText } from './planText.js';
import { outcomeOf, statusOf } from './statusOf.js';
import { statusLines } from './words.js';

const readMs = 60_000;

/** `incident status`, and the last word of `open` and `watch`. */
export async function showStatus(context: CommandContext, client: Client, incident: IncidentRef): Promise<Outcome> {
  const estate = await context.estate();
  const call = () => ({ signal: context.signal, deadline: context.now() + readMs });
  const status = await statusOf(client, estate, incident, call);
  context.out.result(status, statusLines(status));
  return outcomeOf(status);
}

/** The plan: a table for people, every row of every page for machines. */
export async function showPlan(context: CommandContext, client: Client, incident: IncidentRef): Promise<Outcome> {
  const estate = await context.estate();
  const { progress } = await momentSoon(client, incident);
  if (progress.plan === null) throw new CommandError(`${incident.name} has no plan yet; it is ${progress.state}`);
  if (!context.out.json) {
    context.out.result(null, await planText(estate, progress.plan, context));
    return 'done';
  }
  const call = () => ({ signal: context.signal, deadline: context.now() + readMs });
  const plan = await readIncidentPlan(estate, progress.plan, call());
  const pages = [];
  for (const page of [...plan.waves.flatMap((wave) => wave.pages), ...plan.blocked]) {
    pages.push(...(await readPlanPage(estate, page, call())).entries);
  }
  context.out.result({ digest: progress.plan.digest, ...plan, entries: pages }, []);
  return 'done';
}

interface Listed {
  readonly incident: string;
  readonly vendor: string;
  readonly state: string;
  readonly openedAt: string;
}

/** Every incident that this namespace still knows, newest first. */
export async function listIncidents(context: CommandContext, client: Client): Promise<Outcome> {
  const listed: Listed[] = [];
  for await (const workflow of client.workflow.list({ query: incidentsQuery })) {
    const { workflowId, status, startTime } = workflow;
    const name = incidentNameOf(workflow);
    const vendor = name.split('/')[1] ?? '';
    const state = await stateOf(client, { name, workflowId }, status.name);
    listed.push({ incident: name, vendor, state, openedAt: startTime.toISOString() });
  }
  listed.sort((one, other) => other.openedAt.localeCompare(one.openedAt));
  const rows = listed.map(({ incident, vendor, state, openedAt }) => [incident, vendor, state, openedAt]);
  context.out.result(listed, [
    ...tableLines(['INCIDENT', 'VENDOR', 'STATE', 'OPENED'], rows),
    counted(listed.length, 'incident'),
  ]);
  return 'done';
}

/** Without a worker nobody can say more than Temporal itself. */
async function stateOf(client: Client, incident: IncidentRef, status: string): Promise<string> {
  try {
    return (await momentOf(client, incident)).progress.state;
  } catch {
    return status.toLowerCase();
  }
}
