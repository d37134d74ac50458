import type { Client } from '@temporalio/client';
import type { Estate } from '../../config/estate.js';
import { differences, minutesOf, wantedGroups } from '../../schedules/definition.js';
import { type Standing, standings, stateOf } from '../../schedules/standing.js';
import type { Finding } from './finding.js';

/** Whether what has `everyDays` is really rotated. `connect` throws when no server answers. */
export async function scheduleFindings(
  estate: Estate,
  connect: () => Promise<{ readonly client: Client; close(): Promise<void> }>,
): Promise<readonly Finding[]> {
  if (wantedGroups(estate).size === 0) return [];
  const connected = await connect().catch(() => null);
  if (connected === null) return [notLookedAt];
  try {
    return (await standings(connected.client, estate)).flatMap(findingsOf);
  } catch {
    return [notLookedAt];
  } finally {
    await connected.close();
  }
}

const notLookedAt: Finding = {
  severity: 'warning',
  subject: 'schedules',
  credentials: [],
  message:
    'not looked at: Temporal was not to be used from here, and credentials have `everyDays`. `relock schedule list` says why (server, namespace, or key ring); correct that, then check again',
};

function findingsOf(standing: Standing): readonly Finding[] {
  const { id, wanted, found } = standing;
  const finding = (severity: Finding['severity'], message: string): Finding[] => [
    { severity, subject: `schedule ${id}`, credentials: [], message },
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
