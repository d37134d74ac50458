import type { WorkflowHandle } from '@temporalio/client';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { joinUpdate, progressQuery } from '../../src/workflows/messages.js';
import type { rotateCredential } from '../../src/workflows/rotateCredential.js';
import { gateAt } from '../workflows/gate.js';
import type { MemoryBench } from '../workflows/memoryBench.js';
import { rotationInput } from '../workflows/rotationInput.js';
import { startRotation, type TemporalBench } from '../workflows/temporalBench.js';

type Handle = WorkflowHandle<typeof rotateCredential>;

/** One way through the workflow, on a credential of its own. Returns when the rotation has ended. */
export type Scenario = (bench: MemoryBench, temporal: TemporalBench, index: number) => Promise<Handle>;

/** Exits that differ in what the workflow does, not only in what the protocol decides. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  rotated: async (bench, temporal, index) => ended(await start(bench, temporal, index)),

  cancelled: (bench, temporal, index) => heldAt(bench, temporal, index, `dev-${index}-b`, (handle) => handle.cancel()),

  joined: (bench, temporal, index) =>
    heldAt(bench, temporal, index, `dev-${index}-a`, (handle) =>
      handle.executeUpdate(joinUpdate, { args: [{ policy: 'forward', cleanAfter: Date.now() }] }),
    ),

  parked: async (bench, temporal, index) => {
    const straggler = bench.device(`dev-${index}-b`);
    straggler.reachable = false;
    const handle = await start(bench, temporal, index);
    const parked = async () => ((await handle.query(progressQuery)).parked === null ? undefined : true);
    await waitUntil(parked, { what: 'the parking of a rotation', timeoutMs: 20_000 });
    straggler.reachable = true;
    return ended(handle);
  },
};

function start(bench: MemoryBench, temporal: TemporalBench, index: number): Promise<Handle> {
  return startRotation(temporal.client, rotationInput(bench.estate, `acme/svc-${index}`));
}

async function ended(handle: Handle): Promise<Handle> {
  await handle.result();
  return handle;
}

async function heldAt(
  bench: MemoryBench,
  temporal: TemporalBench,
  index: number,
  target: string,
  say: (handle: Handle) => Promise<unknown>,
): Promise<Handle> {
  const gate = gateAt(bench, 'before', 'change', target);
  const handle = await start(bench, temporal, index);
  await gate.reached;
  await say(handle);
  gate.open();
  return ended(handle);
}
