import type { Client } from '@temporalio/client';
import { readIncidentPlan, readPlanPage } from '../../activities/incident/artifacts.js';
import { ApprovalRefused } from '../../approval/bytes.js';
import { statementFor } from '../../approval/scope.js';
import { namespaces } from '../../approval/signed.js';
import { checkOffered } from '../../approval/statement.js';
import type { Signed, Statement } from '../../model/approval.js';
import type { IncidentPlan, PlanRef } from '../../model/incident.js';
import type { Approval, Closing, IncidentProgress, Signing } from '../../workflows/incidentMessages.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError } from '../failures.js';
import { type Decision, decide } from './decide.js';
import { momentSoon } from './follow.js';
import type { IncidentRef } from './incidentRef.js';
import { incidentId } from './names.js';
import { signStatement } from './signStatement.js';
import { withIncident } from './withClient.js';

export interface DecisionOptions {
  /** The digest of the plan that was read; without it, the stored plan is meant. */
  readonly digest?: string;
  /** Key to sign with; without it, ssh-agent's. */
  readonly key?: string;
  /** Why it is closed with something open. */
  readonly reason?: string;
  /** Print the update's input instead of sending it. */
  readonly print?: boolean;
}

/** Sends one decision. Approvals and denials are signed where relock.yaml asks for it, over the plan as it is stored, every page checked. */
export async function sendDecision(
  context: CommandContext,
  given: string,
  decision: Decision,
  options: DecisionOptions = {},
): Promise<Outcome> {
  const name = incidentId(given);
  return withIncident<Outcome>(context, name, async (client, incident) => {
    const input = await inputFor(context, client, incident, decision, options);
    if (options.print === true) {
      context.out.result(input ?? null, [JSON.stringify(input ?? null)]);
      return 'done';
    }
    const progress = await decide(client, incident, decision, input);
    context.out.result({ incident: name, decision, state: progress.state }, [`${name} ${said(decision, progress)}`]);
    return 'done';
  });
}

function said(decision: Decision, { signing }: IncidentProgress): string {
  if (decision !== 'approve' || signing === null || signing.by.length >= signing.required) return sentences[decision];
  return `approved by ${signing.by.join(', ')}: ${signing.by.length} of ${signing.required}; the others are waited for`;
}

const sentences: Readonly<Record<Decision, string>> = {
  approve: 'approved: the waves begin',
  deny: 'denied: nothing more is changed, the incident ends',
  pause: 'paused: no further rotation starts, what is under way goes on',
  resume: 'resumed',
  close: 'closed: the report is written, and lists what is still open; that goes on by itself',
  abort: 'aborted: no further rotation starts, what is under way is finished or undone',
};

async function inputFor(
  context: CommandContext,
  client: Client,
  incident: IncidentRef,
  decision: Decision,
  { digest, key, reason = '' }: DecisionOptions,
): Promise<Approval | Closing | undefined> {
  if (decision === 'close') return { reason };
  if (decision !== 'approve' && decision !== 'deny') return undefined;
  const { progress } = await momentSoon(client, incident);
  if (progress.signing !== null)
    return signedInput(context, client, { incident, progress, signing: progress.signing }, decision, key);
  if (decision === 'deny') return undefined;
  return { planDigest: digest ?? (await storedPlan(context, progress)).ref.digest };
}

/** An incident that waits for signatures. */
interface Asked {
  readonly incident: IncidentRef;
  readonly progress: IncidentProgress;
  readonly signing: Signing;
}

/** The statement is made anew from the stored plan and from Temporal's own run id; only its expiry is taken over. */
async function signedInput(
  context: CommandContext,
  client: Client,
  { incident, progress, signing: { statement: offered } }: Asked,
  decision: Statement['decision'],
  keyFile: string | undefined,
): Promise<Signed<Statement>> {
  const { plan, ref } = await storedPlan(context, progress);
  const { runId: run } = await client.workflow.getHandle(incident.workflowId).describe();
  const { wave, expires } = offered;
  const own = { ...statementFor(plan, ref, { run, wave, expires }), decision };
  mustBeOffered(own, { ...offered, decision }, progress.incident, context.now());
  const estate = await context.estate();
  if (estate.approvals === null)
    throw new CommandError(
      `${progress.incident} asks for signatures, but this relock.yaml names no approvers; nothing was sent. Use the relock.yaml of the workers (--config)`,
      'badInput',
    );
  const how = { namespace: namespaces.approval, keyFile, option: '--key' } as const;
  return signStatement(own, how, estate.approvals.signers, context);
}

function mustBeOffered(own: Statement, offered: Statement, incident: string, now: number): void {
  try {
    checkOffered(own, offered, now);
  } catch (error) {
    if (!(error instanceof ApprovalRefused)) throw error;
    throw new CommandError(
      `${incident} asks for something else than the stored plan says: ${error.message}; nothing was signed. Find out who changed the workflow or the store`,
    );
  }
}

const readMs = 60_000;

/** Reads the whole plan: whoever changed a page in the store would be found here. */
async function storedPlan(
  context: CommandContext,
  { incident, plan: ref, state }: IncidentProgress,
): Promise<{ readonly plan: IncidentPlan; readonly ref: PlanRef }> {
  if (ref === null) throw new CommandError(`${incident} has no plan yet; it is ${state}. Nothing was approved`);
  const estate = await context.estate();
  const call = () => ({ signal: context.signal, deadline: context.now() + readMs });
  const plan = await readIncidentPlan(estate, ref, call());
  for (const page of [...plan.waves.flatMap((wave) => wave.pages), ...plan.blocked])
    await readPlanPage(estate, page, call());
  return { plan, ref };
}
