import { setTimeout as delay } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { QueryNotRegisteredError, WorkflowNotFoundError } from '@temporalio/client';
import { CodecError } from '../../codec/keyRing.js';
import { waveWorkflowId } from '../../model/workflowIds.js';
import type { Ends, IncidentProgress, WaveProgress } from '../../workflows/incidentMessages.js';
import { CommandError } from '../failures.js';
import type { IncidentRef } from './incidentRef.js';

/** An incident as it is this moment: finished waves and the running one together. */
export interface Moment {
  readonly progress: IncidentProgress;
  readonly ends: Ends;
  readonly running: readonly string[];
  readonly parked: readonly string[];
}

/** Temporal answers a query only through a worker: without one it waits. */
const queryDeadlineMs = 5_000;

export async function momentOf(client: Client, incident: IncidentRef): Promise<Moment> {
  const progress = await query<IncidentProgress>(client, client.workflow.getHandle(incident.workflowId), 'incident');
  const wave = progress.wave === null ? null : await waveOf(client, incident, progress.wave);
  const runs = wave !== null && ['running', 'paused', 'halted'].includes(progress.state);
  const both = runs ? sum(progress.ends, wave.ends) : progress.ends;
  // A wave that has just ended is counted by its incident already.
  const ends = countOf(both) > (progress.totals?.credentials ?? 0) ? progress.ends : both;
  return { progress, ends, running: wave?.running ?? [], parked: wave?.parked ?? [] };
}

/** null: the wave is not there yet. */
async function waveOf(client: Client, incident: IncidentRef, wave: number): Promise<WaveProgress | null> {
  try {
    return await query<WaveProgress>(
      client,
      client.workflow.getHandle(waveWorkflowId(incident.workflowId, wave)),
      'wave',
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof QueryNotRegisteredError) return null;
    throw error;
  }
}

function query<Answer>(client: Client, handle: WorkflowHandle, name: string): Promise<Answer> {
  return client.withDeadline(Date.now() + queryDeadlineMs, () => handle.query<Answer, []>(name));
}

function countOf(ends: Ends): number {
  return Object.values(ends).reduce((count, each) => count + each, 0);
}

function sum(one: Ends, other: Ends): Ends {
  const states = new Set([...Object.keys(one), ...Object.keys(other)]);
  const counts: Readonly<Record<string, number>> = one;
  const added: Readonly<Record<string, number>> = other;
  return Object.fromEntries([...states].map((state) => [state, (counts[state] ?? 0) + (added[state] ?? 0)]));
}

/** A server that is busy or restarts is asked again for this long. */
const patienceMs = 30_000;
const pauseMs = 500;

/** As `momentOf`, for a command that has one question: asked again while nobody answers, then a message that says what to do. */
export async function momentSoon(client: Client, incident: IncidentRef): Promise<Moment> {
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      return await momentOf(client, incident);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw unknownIncident(incident);
      if (error instanceof CodecError) throw error;
      if (Date.now() > until) throw nobodyAnswers(incident);
      await delay(pauseMs);
    }
  }
}

function nobodyAnswers(incident: IncidentRef): CommandError {
  return new CommandError(
    `nobody answered for ${incident.name} within ${patienceMs / 1000} s; the incident goes on where it was, nothing was changed by this command. See that Temporal and a worker run (\`relock dev\` or \`relock worker\`), then ask again`,
  );
}

/** An incident that Temporal does not know. */
export function unknownIncident(incident: IncidentRef): CommandError {
  return new CommandError(
    `Temporal knows no incident "${incident.name}"; nothing was changed. \`relock incident list\` shows those there are`,
    'badInput',
  );
}
