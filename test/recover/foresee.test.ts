import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRotationVerbs } from '../../src/activities/rotation.js';
import type { FailurePolicy } from '../../src/model/policy.js';
import { beginRotation, rotate } from '../../src/protocol/rotate.js';
import { directInterpreter } from '../../src/recover/directInterpreter.js';
import { findOpenRecords } from '../../src/recover/findOpenRecords.js';
import { finishRecord } from '../../src/recover/finishRecord.js';
import { foresee } from '../../src/recover/foresee/foresee.js';
import { look } from '../../src/recover/foresee/sight.js';
import { Secret } from '../../src/secret/secret.js';
import { type MemoryBench, memoryBench } from '../workflows/memoryBench.js';
import { rotationInput } from '../workflows/rotationInput.js';

/** Of the process that comes later: nothing that the first one sent can still arrive. */
let hurryMs = 0;
const clock = { now: () => Date.now() + hurryMs, signal: () => new AbortController().signal };
const quiet = { clock, onStep: () => undefined, onWait: () => undefined };

let bench: MemoryBench;
beforeEach(async () => {
  hurryMs = 0;
  bench = await memoryBench({
    targetsEach: 1,
    timing: { effectMs: 300, probeAgainMs: 20, settleDeadlineMs: 200, stragglerMs: 0 },
  });
});
afterEach(() => bench.close());

class Crashed extends Error {}

/** A rotation of which everything is gone but what the vault and the device have. */
async function leaveOpen(policy: FailurePolicy, when: 'before' | 'after', verb: string, nth = 1): Promise<void> {
  let seen = 0;
  bench.meddling = {
    [when]: async (called: string) => {
      seen += called === verb ? 1 : 0;
      if (called === verb && seen === nth) throw new Crashed();
    },
  };
  const { order } = rotationInput(bench.estate, 'acme/svc-1', { policy });
  const verbs = createRotationVerbs({ estate: bench.estate, clock, vantage: 'main' });
  await expect(
    rotate(beginRotation(order, clock.now()), directInterpreter({ ...quiet, verbs, head: 'head-1' })),
  ).rejects.toThrow(Crashed);
  bench.meddling = {};
  hurryMs = 60_000;
}

async function left() {
  const [open] = await findOpenRecords(bench.estate, () => ({ signal: clock.signal(), deadline: clock.now() + 1_000 }));
  if (open?.entry == null) throw new Error('no open record');
  return { entry: open.entry, record: open.record };
}

const circumstances = {
  asItIs: () => undefined,
  neither: () => bench.device('dev-1-a').setAccount('svc', [Secret.of({ password: 'by hand' })]),
  silence: () => {
    bench.device('dev-1-a').reachable = false;
  },
};

const places = [
  ['before', 'probe', 1, 'old'],
  ['before', 'change', 1, 'old'],
  ['after', 'change', 1, 'new'],
  ['before', 'endSessions', 1, 'new'],
  ['before', 'probe', 4, 'new'],
] as const;

describe('what recover is said to do is what it does', () => {
  const cases = places.flatMap((place) =>
    (['restore', 'forward'] as const).flatMap((policy) =>
      (['asItIs', 'neither', 'silence'] as const).map((world) => ({ place, policy, world })),
    ),
  );
  it.each(cases)('left $place, $policy, $world', async ({ place: [when, verb, nth, is], policy, world }) => {
    await leaveOpen(policy, when, verb, nth);
    circumstances[world]();
    const { entry, record } = await left();
    const ways = await foresee(bench.estate, entry, await look(bench.estate, entry, record, clock), clock.now());
    expect(await left()).toEqual({ entry, record });

    const foreseen = ways.find(({ opens }) => opens === (world === 'asItIs' ? is : world))?.comes;
    const finished = await finishRecord(bench.estate, entry, record, quiet);
    if (finished.kind === 'stopped') expect(foreseen).toEqual({ waits: finished.why });
    else expect(foreseen).toMatchObject({ end: comparable(finished.result) });
  });
});

function comparable({ state, reason, open }: { state: string; reason: string | null; open: boolean }) {
  return { state, reason, open };
}
