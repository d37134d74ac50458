import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';
import { withTemporal } from '../temporal/withTemporal.js';

/** As `withTemporal`; an incident that Temporal does not know becomes a message. */
export function withClient<Result>(context: CommandContext, run: (client: Client) => Promise<Result>): Promise<Result> {
  return withTemporal(context, async (client) => {
    try {
      return await run(client);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw new CommandError(
        'Temporal does not know this incident; nothing was changed. `relock incident list` shows those there are',
        'badInput',
      );
    }
  });
}
