import { type Client, isGrpcServiceError } from '@temporalio/client';
import type { WorkflowIds } from '../../model/workflowIds.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';
import { connectTemporal } from './connect.js';

/** Runs with a connected client, and closes it. A server that stops answering becomes a message. */
export async function withTemporal<Result>(
  context: CommandContext,
  run: (client: Client, ids: WorkflowIds) => Promise<Result>,
): Promise<Result> {
  const connected = await connectTemporal(context);
  try {
    return await run(connected.client, connected.ids);
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    const { address, namespace } = connected.place;
    throw new CommandError(
      `the Temporal server at ${address} did not do what was asked (namespace ${namespace}); what was done until then stands. See that it runs and that this login may do that, then run the same command again`,
    );
  } finally {
    await connected.close();
  }
}
