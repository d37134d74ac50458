import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { connectClient } from '../../client.js';
import { encryptingConverter } from '../../codec/dataConverter.js';
import { rotationWorkflowId } from '../../workflows/messages.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';
import { temporalPlace } from '../temporal/connect.js';
import { keyRingOf } from '../temporal/keyRing.js';

/** Of these credentials, those that a workflow is rotating right now; null: no server answers, so nobody can say. */
export async function rotatingNow(
  context: CommandContext,
  credentials: readonly string[],
): Promise<ReadonlySet<string> | null> {
  const ring = await keyRingOf(context);
  const converter = ring === 'missing' ? {} : encryptingConverter(ring);
  const connected = await connectClient(temporalPlace(context), converter).catch(() => null);
  if (connected === null) return null;
  try {
    const running = await Promise.all(
      credentials.map(async (id) => ((await isRunning(connected.client, id)) ? [id] : [])),
    );
    return new Set(running.flat());
  } catch {
    return null;
  } finally {
    await connected.close();
  }
}

async function isRunning(client: Client, credential: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(rotationWorkflowId(credential)).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Two hands on one credential would undo each other's work. */
export async function requireNoWorkflow(context: CommandContext, credentials: readonly string[]): Promise<void> {
  const rotating = await rotatingNow(context, credentials);
  if (rotating === null) {
    const { address } = temporalPlace(context);
    context.out.note(
      `no Temporal server answers at ${address}: going on without it. Make sure that none is left elsewhere that still rotates these`,
    );
    return;
  }
  const [first] = rotating;
  if (first !== undefined)
    throw new CommandError(
      `${first} is being rotated by workflow ${rotationWorkflowId(first)} right now; nothing was touched. Let it end by itself: it finishes what it began`,
    );
}
