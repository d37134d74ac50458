import { expect, it } from 'vitest';
import { withPatientVaults } from '../../src/activities/patient.js';
import type { DriverError } from '../../src/model/errors.js';
import { MemoryEstate } from '../harness/memoryEstate.js';
import { passwordDevice } from '../workflows/memoryBench.js';

const path = 'itron/svc';

/** A vault that fails this often before it answers, and how often it was asked. */
async function failingOver(times: number) {
  const world = new MemoryEstate({ devices: [{ id: 'd0', capabilities: passwordDevice }] });
  const secret = world.value('present');
  await world.seed(secret);
  const asked = { times: 0 };
  world.trouble = async ({ verb }) => {
    if (verb !== 'read') return null;
    asked.times += 1;
    return asked.times <= times ? { kind: 'refused' } : null;
  };
  const vault = withPatientVaults(world.estate).vaults.get(world.primary);
  if (vault === undefined) throw new Error('the estate has no primary');
  const read = (forMs: number) =>
    vault.read(path, 'current', { signal: new AbortController().signal, deadline: Date.now() + forMs });
  return { asked, secret, read };
}

it('a step at a target waits for a vault that fails over', async () => {
  const { asked, secret, read } = await failingOver(1);
  expect((await read(60_000)).equals(secret, ['password'])).toBe(true);
  expect(asked.times).toBe(2);
});

it('but not beyond the time of the step', async () => {
  const { asked, read } = await failingOver(10);
  await expect(read(-1)).rejects.toMatchObject({ code: 'Unreachable' } satisfies Partial<DriverError>);
  expect(asked.times).toBe(1);
});
