import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Estate } from '../config/estate.js';
import type { CallContext } from '../contracts/context.js';
import type { Instant, Millis } from '../model/time.js';
import type { WorkflowIds } from '../model/workflowIds.js';
import { findOpenRecords } from '../recover/findOpenRecords.js';
import { standings, stateOf } from '../schedules/standing.js';
import type { RelockMetrics, Watched } from './relockMetrics.js';

export interface WatchDeps {
  readonly estate: Estate;
  readonly client: Client;
  readonly ids: WorkflowIds;
  readonly metrics: RelockMetrics;
  readonly now: () => Instant;
}

export const watchEveryMs: Millis = 60_000;

/** Looks now and then, until the signal, at what no single rotation can tell: schedules, and records left open. */
export async function watch(deps: WatchDeps, signal: AbortSignal, everyMs: Millis = watchEveryMs): Promise<void> {
  while (!signal.aborted) {
    await lookAround(deps, signal);
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Never throws: what cannot be seen is said by `relock_watch_up`. */
async function lookAround({ estate, client, ids, metrics, now }: WatchDeps, signal: AbortSignal): Promise<void> {
  await attempt('schedules', metrics, async () => {
    const all = await standings(client, estate, ids);
    metrics.schedules(all.filter(({ wanted }) => wanted !== null).map(stateOf));
  });
  await attempt('records', metrics, async () => {
    const context = (): CallContext => ({ signal, deadline: now() + estate.timing.callMs });
    const primaries = (await findOpenRecords(estate, context)).filter(({ furtherCopyOf }) => furtherCopyOf === null);
    const oldest = Math.min(now(), ...primaries.map(({ record }) => record.at));
    metrics.openRecords({ count: primaries.length, oldestSeconds: (now() - oldest) / 1000 });
  });
}

async function attempt(what: Watched, metrics: RelockMetrics, look: () => Promise<void>): Promise<void> {
  try {
    await look();
    metrics.watched(what, true);
  } catch {
    metrics.watched(what, false);
  }
}
