import type { Client } from '@temporalio/client';
import { CodecError } from '../../codec/keyRing.js';
import { workflowIdsOf } from '../../codec/opaqueIds.js';
import type { Estate } from '../../config/estate.js';
import type { WorkflowIds } from '../../model/workflowIds.js';
import { differences, minutesOf, wantedGroups } from '../../schedules/definition.js';
import { type Standing, standings, stateOf } from '../../schedules/standing.js';
import { mainTaskQueue } from '../../workflows/taskQueues.js';
import type { RelockTemporal } from '../temporal/connect.js';
import { openUnderOtherIds, otherIdWords } from '../temporal/otherIds.js';
import { idsOf, workersOf } from '../temporal/pollers.js';
import type { Finding } from './finding.js';

/**
 * Whether what has `everyDays` is really rotated, and whether what is open is called as relock.yaml says. `connect` throws
 * when no server answers.
 */
export async function scheduleFindings(
  estate: Estate,
  connect: () => Promise<Pick<RelockTemporal, 'client' | 'ids' | 'close'>>,
): Promise<readonly Finding[]> {
  if (wantedGroups(estate).size === 0 && estate.opaqueIdsFile === null) return [];
  const connected = await connect().catch(() => null);
  if (connected === null) return [notLookedAt];
  try {
    const { client, ids } = connected;
    return [...(await standings(client, estate, ids)).flatMap(findingsOf), ...(await idFindings(client, estate, ids))];
  } catch {
    return [notLookedAt];
  } finally {
    await connected.close();
  }
}

/** Whether the key of ids can be used: without it nothing else is done that needs Temporal. */
export function idKeyFindings(estate: Estate): readonly Finding[] {
  try {
    workflowIdsOf(estate);
    return [];
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return [idFinding(error.message)];
  }
}

function idFinding(message: string): Finding {
  return { severity: 'error', subject: 'codec.opaqueIds', credentials: [], message };
}

const notLookedAt: Finding = {
  severity: 'warning',
  subject: 'schedules',
  credentials: [],
  message:
    'not looked at: Temporal was not to be used from here, so nobody looked whether schedules and workflows are as relock.yaml says. `relock schedule list` says why (server, namespace, or key ring); correct that, then check again',
};

const workersDiffer =
  'workers make ids in Temporal in different ways: a credential could be rotated by two workflows at once. Give all of them the same codec.opaqueIds and the same key, and restart them. A worker that has ended counts for a minute and a half';

async function idFindings(client: Client, estate: Estate, ids: WorkflowIds): Promise<readonly Finding[]> {
  const found = await openUnderOtherIds(client, estate, ids);
  const differ = new Set(idsOf(await workersOf(client, mainTaskQueue))).size > 1;
  return [
    ...(found === null ? [] : [idFinding(otherIdWords(found, ids))]),
    ...(differ ? [idFinding(workersDiffer)] : []),
  ];
}

function findingsOf(standing: Standing): readonly Finding[] {
  const { name, wanted, found } = standing;
  const finding = (severity: Finding['severity'], message: string): Finding[] => [
    { severity, subject: `schedule ${name}`, credentials: [], message },
  ];
  const state = stateOf(standing);
  if (state === 'paused')
    return finding(
      'error',
      `it is paused${found?.state.note ? ` (${found.state.note})` : ''}: nothing of it is rotated. When the cause is gone: relock schedule resume`,
    );
  if (wanted === null) return finding('warning', 'nothing in relock.yaml asks for it any more: relock schedule apply');
  if (found === null)
    return finding('warning', 'it is not there yet, so `everyDays` has no effect: relock schedule apply');
  const minutes = minutesOf(found);
  const isOwn = minutes !== null && differences(found, wanted.group, minutes).length === 0;
  return isOwn ? [] : finding('warning', 'it was changed by hand, or by another version: relock schedule apply');
}
