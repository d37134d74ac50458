import { afterEach, beforeEach, expect, it } from 'vitest';
import { createIncidentActivities } from '../../src/activities/incident/incidentActivities.js';
import { createRecordResult } from '../../src/activities/recordResult.js';
import type { Estate } from '../../src/config/estate.js';
import type { ArtifactStore } from '../../src/contracts/artifactStore.js';
import type { CallContext } from '../../src/contracts/context.js';
import { configInventory } from '../../src/inventory/config/inventory.js';
import { DriverError } from '../../src/model/errors.js';
import { plainIds } from '../../src/model/workflowIds.js';
import { type MemoryBench, memoryBench } from '../workflows/memoryBench.js';

const incident = 'incident/acme/many';
const credentials = 70;
const callTakesMs = 500;

let bench: MemoryBench;
let nowMs: number;

beforeEach(async () => {
  bench = await memoryBench({ credentials, targetsEach: 1 });
  nowMs = Date.now();
});

afterEach(() => bench.close());

/** Each call takes a while, as a bucket's does; one whose time is over fails. */
function slowed(inner: ArtifactStore): ArtifactStore {
  const timed = async <Answer>(key: string, context: CallContext, call: (context: CallContext) => Promise<Answer>) => {
    nowMs += callTakesMs;
    if (nowMs < context.deadline) return call({ ...context, deadline: Number.POSITIVE_INFINITY });
    const message = `${key}: the time allowed was over`;
    throw new DriverError({ code: 'Timeout', effect: 'none', driver: 'slow', subject: key, message });
  };
  return {
    put: (key, bytes, context) => timed(key, context, (free) => inner.put(key, bytes, free)),
    get: (key, context) => timed(key, context, (free) => inner.get(key, free)),
    list: (prefix, context) => timed(prefix, context, (free) => inner.list(prefix, free)),
  };
}

it('an incident of any size is planned, counted and reported on a store that takes its time for each call', async () => {
  const estate: Estate = {
    ...bench.estate,
    artifacts: slowed(bench.estate.artifacts),
    waves: { canary: 1, size: 1, haltAtFailedPercent: 10, inFlight: 24 },
  };
  const clock = { now: () => nowMs, signal: () => new AbortController().signal };
  const rotations = { join: async () => null, result: () => Promise.reject(new Error('nobody else rotates')) };
  const inventory = configInventory(estate);
  const activities = createIncidentActivities({ estate, inventory, clock, rotations, ids: plainIds });
  const request = {
    incident,
    vendor: 'acme',
    reason: 'many',
    policy: 'forward',
    at: nowMs,
    opening: null,
    dryRun: false,
  } as const;
  const { ref, plan } = await activities.planIncident(request);
  expect(plan.waves).toHaveLength(credentials);

  const { recordResult } = createRecordResult({ estate, clock });
  for (const credential of estate.credentials.keys()) {
    const flags = { exposed: false, stale: [], unsaved: [] };
    const times = { startedAt: nowMs, endedAt: nowMs };
    const end = { state: 'rotated', reason: null, flags, open: false, ...times } as const;
    await recordResult({ credential, incident, token: 'a'.repeat(64), ...end });
  }
  expect(await activities.tally({ incident, plan: ref })).toMatchObject({ ends: { rotated: credentials }, pending: 0 });
  const times = { openedAt: nowMs, approvedAt: nowMs, endedAt: nowMs };
  const { key } = await activities.writeReport({ incident, plan: ref, state: 'finished', ...times });
  expect(key).toMatch(/^incidents\/acme\/many\/report\//);
});
