import { expect, it } from 'vitest';
import { say } from '../harness/say.js';
import { type LoadOptions, loadRun } from './loadRun.js';

const options = { seed: 20_261_125, keep: false, say } satisfies Partial<LoadOptions>;

/** What a failure shows is all that was asked about the credential. */
const asSaid = { violations: [], journals: {} };

it.concurrent('an incident under faults, with each process killed twice, ends as it says and holds every invariant', async () => {
  const result = await loadRun({ ...options, credentials: 80, faultPercent: 2, kills: 2, pauses: 2 });
  const { violations, journals } = result;
  expect({ violations, journals }).toEqual(asSaid);
  expect(result.kills).toEqual({ worker: 2, temporal: 2, opener: 2 });
  expect(result.pauses).toBe(2);
  expect(Object.values(result.ends).reduce((sum, count) => sum + count, 0)).toBe(80);
  // Beside these, what a device or a worker was too late for on a busy machine.
  const { outOfTime: _, ...faults } = result.faults;
  expect(Object.keys(faults).sort()).toEqual(
    ['deaf', 'dropped', 'hung', 'late', 'lazy', 'lied', 'queued', 'refused'].sort(),
  );
}, 600_000);

it.concurrent('without faults, killing and pausing changes nothing: every credential is rotated', async () => {
  const result = await loadRun({ ...options, credentials: 40, faultPercent: 0, kills: 2, pauses: 2 });
  const { violations, journals } = result;
  expect({ violations, journals }).toEqual(asSaid);
  expect(result.kills).toEqual({ worker: 2, temporal: 2, opener: 2 });
  expect(result.pauses).toBe(2);
  expect(result.ends).toEqual({ rotated: 40 });
}, 600_000);
