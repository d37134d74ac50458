import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { WorkflowIds } from '../../model/workflowIds.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';
import { withTemporal } from '../temporal/withTemporal.js';
import { foundIncident, type IncidentRef } from './incidentRef.js';

/** As `withTemporal`; an incident that Temporal does not know becomes a message. */
export function withClient<Result>(
  context: CommandContext,
  run: (client: Client, ids: WorkflowIds) => Promise<Result>,
): Promise<Result> {
  return withTemporal(context, async (client, ids) => {
    try {
      return await run(client, ids);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw new CommandError(
        'Temporal does not know this incident; nothing was changed. `relock incident list` shows those there are',
        'badInput',
      );
    }
  });
}

/** As `withClient`, for one incident by its name. */
export function withIncident<Result>(
  context: CommandContext,
  name: string,
  run: (client: Client, incident: IncidentRef) => Promise<Result>,
): Promise<Result> {
  return withClient(context, async (client, ids) => run(client, await foundIncident(client, ids, name)));
}
