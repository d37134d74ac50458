import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { namespaces } from '../../approval/signed.js';
import type { Estate } from '../../config/estate.js';
import type { Opening, Signed } from '../../model/approval.js';
import { incidentMemo, incidentWorkflowId, shortIncident, type WorkflowIds } from '../../model/workflowIds.js';
import type { IncidentInput } from '../../workflows/incidentMessages.js';
import type { respondToIncident } from '../../workflows/respondToIncident.js';
import { mainTaskQueue } from '../../workflows/taskQueues.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError, UsageError } from '../failures.js';
import { connectTemporal } from '../temporal/connect.js';
import { askHere } from './askHere.js';
import type { Moment } from './follow.js';
import { type IncidentRef, incidentRef } from './incidentRef.js';
import { incidentKey, knownVendor } from './names.js';
import { planText } from './planText.js';
import { showStatus } from './show.js';
import { signStatement } from './signStatement.js';
import { watchIncident } from './watch.js';

export interface OpenOptions {
  readonly vendor: string;
  readonly reason: string;
  readonly key?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  /** File of the key that opens it. */
  readonly as?: string;
  /** `--no-wait` makes it false. */
  readonly wait: boolean;
}

/** Opens an incident, shows its plan, and waits until it needs a person elsewhere or has ended. */
export async function openIncident(context: CommandContext, options: OpenOptions): Promise<Outcome> {
  const estate = await context.estate();
  const input = await inputOf(estate, options, context);
  const connected = await connectTemporal(context);
  try {
    const incident = await startIncident(connected.client, input, connected.ids);
    context.out.note(`incident ${incident.name} is open`);
    if (!options.wait) return opened(context, incident);
    const asked = await watchIncident(connected.client, incident, context, {
      known: true,
      entered: (moment) => entered(incident, moment, estate, connected.client, context),
    });
    if (asked === null) return interrupted(context, incident);
    return await showStatus(context, connected.client, incident);
  } finally {
    await connected.close();
  }
}

async function inputOf(estate: Estate, options: OpenOptions, context: CommandContext): Promise<IncidentInput> {
  const vendor = knownVendor(estate, options.vendor);
  const reason = options.reason.trim();
  if (reason === '')
    throw new UsageError('--reason is empty; say why, such as INC-42: it is in the plan and in the report');
  if (estate.approvals !== null && options.yes === true) throw new UsageError(yesIsNoSignature);
  const key = incidentKey(options.key, reason);
  const { dryRun = false, yes = false } = options;
  const input = { vendor, key, reason, policy: 'forward', dryRun, approved: yes } as const;
  return { ...input, opening: dryRun ? null : await signedOpening(estate, input, options.as, context) };
}

const yesIsNoSignature =
  'relock.yaml asks for signed approvals (`approvals`), and --yes is never a signature; nothing was touched. Leave it out, and have the plan approved: relock incident approve';

/** Who opens an incident does not approve it: that is why it is signed. */
async function signedOpening(
  { approvals }: Estate,
  { vendor, key, reason, policy }: Omit<IncidentInput, 'opening'>,
  keyFile: string | undefined,
  context: CommandContext,
): Promise<Signed<Opening> | null> {
  if (approvals === null) return null;
  const statement: Opening = { version: 1, incident: incidentWorkflowId(vendor, key), reason, policy };
  return signStatement(
    statement,
    { namespace: namespaces.opening, keyFile, option: '--as' },
    approvals.signers,
    context,
  );
}

/** Starts the incident's workflow. Throws `CommandError` when there is one of that key. */
export async function startIncident(client: Client, input: IncidentInput, ids: WorkflowIds): Promise<IncidentRef> {
  const incident = incidentRef(incidentWorkflowId(input.vendor, input.key), ids);
  const { name, workflowId } = incident;
  try {
    await client.workflow.start<typeof respondToIncident>('respondToIncident', {
      workflowId,
      taskQueue: mainTaskQueue,
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      args: [ids.areOpaque ? { ...input, workflowId } : input],
      ...(ids.areOpaque && { memo: incidentMemo(name) }),
      staticSummary: `incident ${input.vendor} ${input.key}`.slice(0, 200),
    });
    return incident;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new CommandError(
      `${name} exists already; nothing was touched. Look at it with \`relock incident status ${input.vendor}/${input.key}\`, or open another with --key`,
      'badInput',
    );
  }
}

async function entered(
  incident: IncidentRef,
  moment: Moment,
  estate: Estate,
  client: Client,
  context: CommandContext,
): Promise<void> {
  const { state, plan } = moment.progress;
  if (state !== 'awaitingApproval' || plan === null) return;
  context.out.note((await planText(estate, plan, context)).join('\n'));
  await askHere(client, incident, moment.progress, plan.digest, context);
}

function opened(context: CommandContext, { name }: IncidentRef): Outcome {
  const short = shortIncident(name);
  context.out.result({ incident: name, state: 'planning' }, [`follow it with: relock incident watch ${short}`]);
  return 'done';
}

function interrupted(context: CommandContext, { name }: IncidentRef): Outcome {
  const short = shortIncident(name);
  context.out.note(
    `stopped watching; the incident goes on without this command. Follow it with: relock incident watch ${short}`,
  );
  return 'waiting';
}
