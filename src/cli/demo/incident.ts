import { demoVendor } from '../../lab/demoCast.js';
import { plainIds } from '../../model/workflowIds.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';
import { askAtTerminal } from '../incident/askHere.js';
import { decide } from '../incident/decide.js';
import type { Moment } from '../incident/follow.js';
import type { IncidentRef } from '../incident/incidentRef.js';
import { startIncident } from '../incident/open.js';
import { planText } from '../incident/planText.js';
import { type IncidentStatus, statusOf } from '../incident/statusOf.js';
import { watchIncident } from '../incident/watch.js';
import type { Say } from './say.js';
import type { Stage } from './stage.js';

const statusMs = 30_000;

/** Opens the incident, has its plan approved, and follows it to its very end. null: interrupted. */
export async function playIncident(
  stage: Stage,
  context: CommandContext,
  say: Say,
  approve: boolean,
): Promise<IncidentStatus | null> {
  const { client } = stage.temporal;
  const input = {
    vendor: demoVendor,
    key: 'demo',
    reason: 'DEMO-1: the vendor was breached',
    policy: 'forward',
  } as const;
  const incident = await startIncident(client, { ...input, dryRun: false, approved: false, opening: null }, plainIds);
  const answered = new AbortController();
  const asking = { ...context, signal: AbortSignal.any([context.signal, answered.signal]) };
  const entered = async (moment: Moment) => {
    if (moment.progress.state === 'awaitingApproval') await present(stage, incident, moment, asking, say, approve);
    else if (moment.progress.state !== 'planning') answered.abort();
  };
  const last = await watchIncident(client, incident, context, {
    entered,
    until: ['finished', 'denied', 'aborted', 'failed', 'halted'],
  });
  if (last === null) return null;
  if (last.progress.state !== 'finished') throw new CommandError(endedEarly(last));
  return statusOf(client, stage.estate, incident, () => ({
    signal: context.signal,
    deadline: context.now() + statusMs,
  }));
}

async function present(
  stage: Stage,
  incident: IncidentRef,
  moment: Moment,
  context: CommandContext,
  say: Say,
  approve: boolean,
): Promise<void> {
  const { plan } = moment.progress;
  if (plan === null) return;
  const { client } = stage.temporal;
  say(['', ...(await planText(stage.estate, plan, context)), '']);
  if (approve) {
    await decide(client, incident, 'approve', { planDigest: plan.digest });
    return say(['approved by --yes']);
  }
  say([
    'Nothing is changed before somebody approves this plan. Press y and Enter here, or do it as an operator would:',
    `  ${stage.ui}/namespaces/default/workflows/${encodeURIComponent(incident.workflowId)}`,
    `  "Update", name "approve", input {"planDigest": "${plan.digest}"}`,
  ]);
  askAtTerminal(client, incident, plan.digest, context);
}

function endedEarly({ progress }: Moment): string {
  const why =
    progress.state === 'denied'
      ? 'Run it again and approve the plan to see the whole story'
      : 'Run it again; if it stays so, report it with worker.log from its folder';
  return `the incident is ${progress.state}, so the demo ends here; its lab and servers are stopped. ${why}`;
}
