import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRotationVerbs } from '../../src/activities/rotation.js';
import { DriverError } from '../../src/model/errors.js';
import type { RotationRecord } from '../../src/model/record.js';
import { beginRotation, rotate } from '../../src/protocol/rotate.js';
import { directInterpreter } from '../../src/recover/directInterpreter.js';
import { findOpenRecords } from '../../src/recover/findOpenRecords.js';
import { finishRecord } from '../../src/recover/finishRecord.js';
import { reinstate } from '../../src/recover/reinstate.js';
import { type MemoryBench, memoryBench } from '../workflows/memoryBench.js';
import { rotationInput } from '../workflows/rotationInput.js';

const clock = { now: Date.now, signal: () => new AbortController().signal };
const quiet = { clock, onStep: () => undefined, onWait: () => undefined };

let bench: MemoryBench;
beforeEach(async () => {
  bench = await memoryBench({ timing: { stragglerMs: 1_000 } });
});
afterEach(() => bench.close());

describe('an account that a rotation suspended', () => {
  it('opens with no secret until it is reinstated; then the rotation is carried to its end', async () => {
    const old = await bench.secretOf('acme/svc-1');
    const { entry, record } = await suspended();
    expect(record.suspended).toEqual(['dev-1-a', 'dev-1-b']);
    for (const id of record.suspended) expect(bench.device(id).accepts('svc', old)).toBe(false);

    expect(await finishRecord(bench.estate, entry, record, quiet)).toMatchObject({ result: { state: 'disabled' } });

    const open = await reinstate(bench.estate, record, 'forward', clock);
    expect(open).toMatchObject({ suspended: [], policy: 'forward' });
    const finished = await finishRecord(bench.estate, entry, open, quiet);
    expect(finished).toMatchObject({ kind: 'ended', result: { state: 'rotated', open: false } });
    const current = await bench.secretOf('acme/svc-1');
    for (const id of record.suspended) {
      expect(bench.device(id).accepts('svc', current)).toBe(true);
      expect(bench.device(id).accepts('svc', old)).toBe(false);
    }
    expect(await openRecords()).toEqual([]);
  });

  it('stays suspended where the target cannot be reached; the record says which are open again', async () => {
    const { record } = await suspended();
    bench.device('dev-1-b').reachable = false;
    await expect(reinstate(bench.estate, record, 'forward', clock)).rejects.toThrow(DriverError);
    const [open] = await openRecords();
    expect(open?.record.suspended).toEqual(['dev-1-b']);
  });
});

/** The second target refuses the new secret; the policy is to let nobody in. */
async function suspended() {
  bench.meddling = {
    async before(verb, target) {
      if (verb === 'change' && target === 'dev-1-b') throw refused(target);
    },
  };
  const { order } = rotationInput(bench.estate, 'acme/svc-1', { policy: 'disable' });
  const verbs = createRotationVerbs({ estate: bench.estate, clock, vantage: 'main' });
  const { end } = await rotate(
    beginRotation(order, Date.now()),
    directInterpreter({ ...quiet, verbs, head: 'head-1' }),
  );
  expect(end).toMatchObject({ state: 'disabled', open: true });
  bench.meddling = {};
  const [open] = await openRecords();
  if (open?.entry == null) throw new Error('no open record');
  return { entry: open.entry, record: open.record satisfies RotationRecord };
}

function openRecords() {
  return findOpenRecords(bench.estate, () => ({ signal: clock.signal(), deadline: Date.now() + 1_000 }));
}

function refused(subject: string): DriverError {
  return new DriverError({ code: 'Refused', effect: 'none', driver: 'memory', subject, message: 'no' });
}
