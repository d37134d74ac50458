import type { Client } from '@temporalio/client';
import { credentialStatuses, tallyOf } from '../../activities/incident/status.js';
import type { Estate } from '../../config/estate.js';
import type { CallContext } from '../../contracts/context.js';
import type { CredentialStatus } from '../../model/incident.js';
import type { Outcome } from '../exitCodes.js';
import { type Moment, momentSoon } from './follow.js';
import type { IncidentRef } from './incidentRef.js';

/** What `incident open` and `incident status` answer; stable for machines. */
export interface IncidentStatus {
  readonly incident: string;
  readonly vendor: string;
  readonly reason: string;
  readonly state: Moment['progress']['state'];
  readonly planDigest: string | null;
  readonly plan: string | null;
  readonly wave: number | null;
  readonly waves: number;
  readonly exposed: number;
  readonly findings: Moment['progress']['findings'];
  /** While it waits for signatures: how many it needs beside the opener's, and whose there are. */
  readonly signing: { readonly required: number; readonly opener: string; readonly by: readonly string[] } | null;
  /** Why a person closed it while something was still open; null: nobody did. */
  readonly closing: string | null;
  readonly credentials: readonly CredentialStatus[];
}

/** Temporal says where the incident is, the artifact store how each credential ended. */
export async function statusOf(
  client: Client,
  estate: Estate,
  incident: IncidentRef,
  context: () => CallContext,
): Promise<IncidentStatus> {
  const moment = await momentSoon(client, incident);
  const { progress } = moment;
  const stored = progress.plan === null ? [] : await credentialStatuses(estate, incident.name, progress.plan, context);
  const credentials = stored.map((status) => underWay(status, moment));
  return {
    incident: progress.incident,
    vendor: progress.vendor,
    reason: progress.reason,
    state: progress.state,
    planDigest: progress.plan?.digest ?? null,
    plan: progress.plan?.key ?? null,
    wave: progress.wave,
    waves: progress.waves,
    exposed: tallyOf(credentials).exposed,
    findings: progress.findings,
    signing: signingOf(progress),
    closing: progress.closing,
    credentials,
  };
}

function signingOf({ signing }: Moment['progress']): IncidentStatus['signing'] {
  if (signing === null) return null;
  const { required, opener, by } = signing;
  return { required, opener, by };
}

function underWay(status: CredentialStatus, { running, parked }: Moment): CredentialStatus {
  if (status.state !== 'pending') return status;
  if (parked.includes(status.id)) return { ...status, state: 'parked' };
  return running.includes(status.id) ? { ...status, state: 'running' } : status;
}

/** What the incident's state means for the exit code. */
export function outcomeOf(status: Pick<IncidentStatus, 'state' | 'credentials' | 'findings'>): Outcome {
  switch (status.state) {
    case 'finished':
    case 'closed':
    case 'aborted':
      return status.credentials.every(({ state }) => state === 'rotated') ? 'done' : 'incomplete';
    case 'planned':
      return hasProblems(status) ? 'incomplete' : 'done';
    case 'denied':
      return 'incomplete';
    case 'failed':
      return 'failed';
    case 'awaitingApproval':
    case 'halted':
    case 'paused':
      return 'waiting';
    case 'settling':
      return 'incomplete';
    default:
      return 'done';
  }
}

function hasProblems({ credentials, findings }: Pick<IncidentStatus, 'credentials' | 'findings'>): boolean {
  const blocked = credentials.some(({ state }) => state === 'blocked');
  return blocked || (findings ?? []).some(({ severity }) => severity === 'error');
}
