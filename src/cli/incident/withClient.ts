import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';
import { connectTemporal } from '../temporal/connect.js';

/** Runs with a connected client, and closes it. What Temporal does not know or cannot answer becomes a message. */
export async function withClient<Result>(
  context: CommandContext,
  run: (client: Client) => Promise<Result>,
): Promise<Result> {
  const connected = await connectTemporal(context);
  try {
    return await run(connected.client);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      throw new CommandError(
        'Temporal does not know this incident; nothing was changed. `relock incident list` shows those there are',
        'badInput',
      );
    }
    throw error;
  } finally {
    await connected.close();
  }
}
