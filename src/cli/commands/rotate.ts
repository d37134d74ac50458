import { hostname, userInfo } from 'node:os';
import { Option } from 'commander';
import type { CredentialEntry, Estate } from '../../config/estate.js';
import type { RotationOrder } from '../../model/plan.js';
import { type FailurePolicy, failurePolicies } from '../../model/policy.js';
import type { WorkflowIds } from '../../model/workflowIds.js';
import type { CommandContext, Register } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { UsageError } from '../failures.js';
import { chosenCredential } from '../rotation/chosenCredential.js';
import { endLines, outcomeOf } from '../rotation/endWords.js';
import type { Followed } from '../rotation/follow.js';
import { planLines } from '../rotation/planLines.js';

interface Options {
  readonly policy: FailurePolicy;
}

export const register: Register = (program, cli) => {
  program
    .command('rotate')
    .description('rotate one credential now, and wait for the end')
    .argument('<credential>', 'its id in relock.yaml')
    .addOption(
      new Option('--policy <policy>', 'what happens when a step fails before readers get the new secret')
        .choices(Object.keys(failurePolicies))
        .default('restore'),
    )
    .action(cli.action((context, id: string, options: Options) => rotate(context, id, options)));
};

async function rotate(context: CommandContext, id: string, { policy }: Options): Promise<Outcome> {
  const estate = await context.estate();
  const entry = chosenCredential(estate, id);
  if (estate.approvals !== null && (entry.everyDays === null || policy !== 'restore'))
    throw new UsageError(unsigned(id));
  const { workflowIdsOf } = await import('../../codec/opaqueIds.js');
  const { workflowIdOf } = await import('../../model/workflowIds.js');
  const order = await planned(estate, entry, policy, workflowIdsOf(estate));
  for (const line of planLines(order)) context.out.note(line);
  const { connectTemporal } = await import('../temporal/connect.js');
  const { startRotation } = await import('../rotation/startRotation.js');
  const { follow } = await import('../rotation/follow.js');
  const { taskQueueOf } = await import('../../workflows/taskQueues.js');
  const connected = await connectTemporal(context);
  try {
    await startRotation(connected.client, order, starter());
    const zones = order.plan.targets.map(({ zone }) => taskQueueOf(zone));
    const queues = [...new Set([taskQueueOf(null), ...zones])];
    const { client } = connected;
    const note = (line: string) => context.out.note(line);
    const workflowId = workflowIdOf(order.plan);
    const followed = await follow({ client, workflowId, queues, signal: context.signal, note });
    return await say(context, id, workflowId, followed);
  } finally {
    await connected.close();
  }
}

async function planned(
  estate: Estate,
  entry: CredentialEntry,
  policy: FailurePolicy,
  ids: WorkflowIds,
): Promise<RotationOrder> {
  const { planRotation } = await import('../../planning/planRotation.js');
  const { canonical, rotationToken } = await import('../../planning/digest.js');
  const { plan, findings } = planRotation(estate, entry, policy, ids);
  if (findings.length > 0)
    throw new UsageError(`${entry.id} cannot be rotated as configured; nothing was touched: ${findings.join('; ')}`);
  const origin = `${canonical(plan).digest} ${new Date().toISOString()} ${process.pid}`;
  return { plan, token: rotationToken(entry.id, origin, 1), policy };
}

/** Workers refuse it too: nobody signs a single rotation. */
function unsigned(id: string): string {
  return `relock.yaml asks for signed approvals (\`approvals\`), and ${id} cannot be rotated without one; nothing was touched. Without a signature only credentials with everyDays are rotated, with --policy restore. Open an incident for its vendor, and have it approved`;
}

/** Shown to whoever finds the credential held. */
function starter(): string {
  return `relock rotate, by ${userName()} on ${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In containers a user may have no name.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}

async function say({ out }: CommandContext, id: string, workflowId: string, followed: Followed): Promise<Outcome> {
  const { parkedLines } = await import('../rotation/parkedWords.js');
  switch (followed.kind) {
    case 'ended':
      out.result(followed.result, endLines(followed.result));
      return outcomeOf(followed.result);
    case 'parked':
      out.result(
        { credential: id, state: 'parked', reason: followed.reason },
        parkedLines(id, followed.reason, workflowId),
      );
      return 'waiting';
    case 'interrupted':
      out.result({ credential: id, state: 'running', reason: null }, [
        `${id}: nobody waits any more; the rotation goes on, workflow ${workflowId}`,
        `  to stop it: temporal workflow cancel --workflow-id ${workflowId}`,
      ]);
      return 'waiting';
    case 'broken':
      out.result({ credential: id, state: 'unverified', reason: 'bug' }, [
        `${id}: its workflow ended without a result; what was held is still held`,
        `  next: see ${workflowId} in the Temporal UI, then relock recover ${id}`,
      ]);
      return 'failed';
  }
}
