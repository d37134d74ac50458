import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { connectClient } from '../../client.js';
import { encryptingConverter } from '../../codec/dataConverter.js';
import { workflowIdsOf } from '../../codec/opaqueIds.js';
import { plainIds, type WorkflowIds } from '../../model/workflowIds.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';
import { temporalPlace } from '../temporal/connect.js';
import { keyRingOf } from '../temporal/keyRing.js';

/** Of these credentials, those that are being rotated right now, and by which workflow; null: no server answers, so nobody can say. */
export async function rotatingNow(
  context: CommandContext,
  credentials: readonly string[],
): Promise<ReadonlyMap<string, string> | null> {
  const ring = await keyRingOf(context);
  const converter = ring === 'missing' ? {} : encryptingConverter(ring);
  const connected = await connectClient(temporalPlace(context), converter).catch(() => null);
  if (connected === null) return null;
  try {
    return await whichRun(connected.client, credentials, workflowIdsOf(await context.estate()));
  } finally {
    await connected.close();
  }
}

/** null: the server gave no answer. */
async function whichRun(
  client: Client,
  credentials: readonly string[],
  ids: WorkflowIds,
): Promise<ReadonlyMap<string, string> | null> {
  const running = Promise.all(credentials.map((id) => runningOf(client, id, ids)));
  return running.then((found) => new Map(found.flat())).catch(() => null);
}

/** A rotation that began before ids told no names has the plain one still. */
async function runningOf(
  client: Client,
  credential: string,
  ids: WorkflowIds,
): Promise<readonly (readonly [string, string])[]> {
  for (const workflowId of new Set([ids.rotation(credential), plainIds.rotation(credential)]))
    if (await isRunning(client, workflowId)) return [[credential, workflowId]];
  return [];
}

async function isRunning(client: Client, workflowId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
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
  const [found] = rotating;
  if (found !== undefined)
    throw new CommandError(
      `${found[0]} is being rotated by workflow ${found[1]} right now; nothing was touched. Let it end by itself: it finishes what it began`,
    );
}
