import { createInterface } from 'node:readline/promises';
import type { Client } from '@temporalio/client';
import { shortIncident } from '../../model/workflowIds.js';
import type { IncidentProgress } from '../../workflows/incidentMessages.js';
import type { CommandContext } from '../command.js';
import { decide } from './decide.js';
import type { IncidentRef } from './incidentRef.js';

/** Says where the plan can be approved, and asks the person at this terminal. Does not wait for the answer. */
export async function askHere(
  client: Client,
  incident: IncidentRef,
  { signing }: IncidentProgress,
  planDigest: string,
  context: CommandContext,
): Promise<void> {
  const short = shortIncident(incident.name);
  context.out.note(
    `waiting for approval: in the Temporal UI (workflow ${incident.workflowId}, update "approve"), or: relock incident approve ${short}`,
  );
  if (signing === null) return askAtTerminal(client, incident, planDigest, context);
  context.out.note(
    `${signing.required} signatures are needed, of others than ${signing.opener}, who opened it; so far: ${signing.by.join(', ') || 'none'}`,
  );
}

/** Where there is a terminal, a `y` there approves. Does not wait for the answer. */
export function askAtTerminal(
  client: Client,
  incident: IncidentRef,
  planDigest: string,
  context: CommandContext,
): void {
  if (context.out.json || !process.stdin.isTTY || !process.stderr.isTTY) return;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = () => lines.close();
  // The line editor would keep Ctrl-C to itself.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  context.signal.addEventListener('abort', closed, { once: true });
  const answer = lines.question('approve this plan here? [y/N] ', { signal: context.signal });
  void answer
    .then((text) => (/^y(es)?$/i.test(text.trim()) ? decide(client, incident, 'approve', { planDigest }) : undefined))
    .catch(() => undefined)
    .finally(closed);
}
