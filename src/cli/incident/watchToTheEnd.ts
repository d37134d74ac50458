import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { showStatus } from './show.js';
import { watchIncident } from './watch.js';
import { withIncident } from './withClient.js';

/** `incident watch`: like `open` after the plan; it never asks anything. */
export function watchToTheEnd(context: CommandContext, name: string): Promise<Outcome> {
  return withIncident(context, name, async (client, incident) => {
    const moment = await watchIncident(client, incident, context);
    return moment === null ? 'waiting' : showStatus(context, client, incident);
  });
}
