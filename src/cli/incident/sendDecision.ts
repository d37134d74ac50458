import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { type Decision, decide } from './decide.js';
import { incidentId } from './names.js';
import { withClient } from './withClient.js';

const said: Readonly<Record<Decision, string>> = {
  approve: 'approved: the waves begin',
  deny: 'denied: nothing is changed, the incident ends',
  pause: 'paused: no further rotation starts, what is under way goes on',
  resume: 'resumed',
  abort: 'aborted: no further rotation starts, what is under way is finished or undone',
};

export function sendDecision(
  context: CommandContext,
  given: string,
  decision: Decision,
  planDigest?: string,
): Promise<Outcome> {
  const incident = incidentId(given);
  return withClient(context, async (client) => {
    const progress = await decide(client, incident, decision, planDigest === undefined ? undefined : { planDigest });
    context.out.result({ incident, decision, state: progress.state }, [`${incident} ${said[decision]}`]);
    return 'done';
  });
}
