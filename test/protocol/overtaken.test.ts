import { describe, expect, test } from 'vitest';
import type { Fault, FaultyCall } from '../../src/decorate/faults.js';
import { DriverError } from '../../src/model/errors.js';
import { createInterpreter } from '../../src/protocol/direct.js';
import { unlessOvertaken } from '../../src/protocol/overtaken.js';
import { beginRotation, rotate } from '../../src/protocol/rotate.js';
import { profiles } from '../harness/devices.js';
import { MemoryEstate } from '../harness/memoryEstate.js';

/** The record that `finish` closes is written, and from that very reply on the vault says nothing. */
function silentAfterFinish(world: MemoryEstate): (call: FaultyCall) => Promise<Fault | null> {
  const isFinished = async () => (await world.ledger(world.primary)).spent.length > 0;
  world.done = async ({ verb, subject }) => {
    if (verb === 'write' && (await isFinished()))
      throw new DriverError({ code: 'Timeout', effect: 'unknown', driver: 'test', subject, message: 'no reply' });
  };
  return async ({ subject }) => (subject.startsWith('primary') && (await isFinished()) ? { kind: 'dropped' } : null);
}

async function endedInSilence(trouble: (call: FaultyCall) => Promise<Fault | null>) {
  const world = new MemoryEstate({ devices: [{ id: 'a', capabilities: profiles.plain }] });
  await world.seed(world.value('first'));
  const silent = silentAfterFinish(world);
  world.trouble = async (call) => (await trouble(call)) ?? silent(call);
  const interpreter = createInterpreter({
    verbs: world.verbs(),
    head: 'head-1',
    now: world.time.now,
    sleepUntil: (until) => world.time.passTo(until),
  });
  const order = { plan: world.plan('forward'), token: 'a'.repeat(64), policy: 'forward' as const };
  const rotated = await rotate(beginRotation(order, world.time.now()), interpreter);
  world.trouble = async () => null;
  world.done = async () => {};
  return { before: rotated.end, after: await unlessOvertaken(rotated, interpreter) };
}

describe('a rotation whose finish was done and never heard of', () => {
  test('is closed, and its reason stays what was observed', async () => {
    const { before, after } = await endedInSilence(async ({ verb }) =>
      verb === 'change' ? { kind: 'refused' } : null,
    );
    expect(before).toMatchObject({ state: 'untouched', reason: 'unreachable', open: true });
    expect(after).toEqual({ ...before, open: false });
  });

  test('is rotated for nobody else than itself', async () => {
    const { before, after } = await endedInSilence(async () => null);
    expect(before).toMatchObject({ state: 'rotated', reason: null, open: true });
    expect(after).toEqual({ ...before, open: false });
  });
});
