import type { Client, WorkflowHandle } from '@temporalio/client';
import pLimit from 'p-limit';
import type { Estate } from '../src/config/estate.js';
import type { ArtifactStore } from '../src/contracts/artifactStore.js';
import { rotationInput } from '../test/workflows/rotationInput.js';
import { startRotation } from '../test/workflows/temporalBench.js';
import { ascending } from './measure/lane.js';
import { milestonesOf } from './measure/milestones.js';

export interface EndedWell {
  readonly handle: WorkflowHandle;
  readonly credential: string;
  readonly token: string;
}

export interface Rotated {
  readonly seconds: number;
  readonly startedAt: number;
  /** Of those that ended as `rotated`. */
  readonly ended: readonly EndedWell[];
  /** How many ended as anything else. */
  readonly otherwise: number;
}

/** What evidence and histories of a run tell. Seconds, from its start; counts and bytes of one history. */
export interface LookedBack {
  readonly refusedAfter: readonly number[];
  readonly deadFor: readonly number[];
  readonly eventsEach: number;
  readonly bytesEach: number;
}

/** Rotates all of these as an incident does, so many at once. */
export async function rotateAll(
  client: Client,
  estate: Estate,
  ids: readonly string[],
  options: { readonly inFlight: number; readonly attempt: number; readonly done?: () => void },
): Promise<Rotated> {
  const limit = pLimit(options.inFlight);
  const startedAt = Date.now();
  const ended = await Promise.all(
    ids.map((id) =>
      limit(async () => {
        const input = rotationInput(estate, id, { policy: 'forward', attempt: options.attempt });
        const handle = await startRotation(client, input);
        const { state } = await handle.result();
        options.done?.();
        return { handle, credential: id, token: input.order.token, state };
      }),
    ),
  );
  const seconds = (Date.now() - startedAt) / 1000;
  const rotated = ended.filter(({ state }) => state === 'rotated');
  return { seconds, startedAt, ended: rotated, otherwise: ended.length - rotated.length };
}

/** After the run, so that looking costs it nothing. */
export async function lookBack(store: ArtifactStore, { ended, startedAt }: Rotated): Promise<LookedBack> {
  const limit = pLimit(4);
  const all = await Promise.all(ended.map((one) => limit(() => milestonesOf(store, one))));
  const described = await ended[0]?.handle.describe();
  return {
    refusedAfter: ascending(all.map(({ refusedAt }) => (refusedAt - startedAt) / 1000)),
    deadFor: ascending(all.map(({ changedAt, promotedAt }) => (promotedAt - changedAt) / 1000)),
    eventsEach: described?.historyLength ?? Number.NaN,
    bytesEach: described?.historySize ?? Number.NaN,
  };
}
