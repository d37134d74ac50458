import { expect, it } from 'vitest';
import type { CommandName } from '../../src/protocol/commands.js';
import { createInterpreter } from '../../src/protocol/direct.js';
import {
  beginFound,
  beginRotation,
  type Rotation,
  type RotationInterpreter,
  rotate,
} from '../../src/protocol/rotate.js';
import { profiles } from '../harness/devices.js';
import { account, MemoryEstate } from '../harness/memoryEstate.js';

class Died extends Error {}

/** What drives a rotation from that place. */
function from(world: MemoryEstate, place: string): RotationInterpreter {
  return createInterpreter({
    verbs: world.verbs(place),
    head: place,
    now: world.time.now,
    sleepUntil: (until) => world.time.passTo(until),
  });
}

/** Begun by the worker of a zone, which dies before the nth command of that name; finished from elsewhere. */
async function begunInAZone(profile: 'plain' | 'keyFile', dies: CommandName, nth: number) {
  const world = new MemoryEstate({ vaults: ['primary'], devices: [{ id: 'd0', capabilities: profiles[profile] }] });
  const first = world.value('first');
  await world.seed(first);
  const order = { plan: world.plan('forward'), token: 'f'.repeat(64), policy: 'forward' } as const;
  await expect(rotate(beginRotation(order, world.time.now()), dyingAt(from(world, 'dmz'), dies, nth))).rejects.toThrow(
    Died,
  );
  const { record } = await world.ledger(world.primary);
  if (record === null) throw new Error('nothing was left open');
  const found: Rotation = beginFound(record, order, world.time.now());
  const { end } = await rotate(found, from(world, 'main'));
  expect(world.device('d0').accepts(account, first)).toBe(false);
  return end;
}

function dyingAt(inner: RotationInterpreter, dies: CommandName, nth: number): RotationInterpreter {
  let left = nth;
  return {
    ...inner,
    async execute(command, state) {
      if (command.do === dies) left -= 1;
      if (left === 0) throw new Died();
      return inner.execute(command, state);
    },
  };
}

it.each([
  ['plain', 'stage', 1],
  ['plain', 'change', 1],
  ['plain', 'probe', 2],
  ['plain', 'promote', 1],
  ['plain', 'probe', 3],
  ['plain', 'finish', 1],
  ['keyFile', 'change', 1],
  ['keyFile', 'probe', 2],
  ['keyFile', 'promote', 1],
  ['keyFile', 'retire', 1],
] as const)(
  '%s: begun in a zone, dead before %s %i; from another place the old one is proven dead all the same',
  async (profile, dies, nth) => {
    expect(await begunInAZone(profile, dies, nth)).toMatchObject({ state: 'rotated', reason: null });
  },
);

it('an old one of its own place, already taken out when another place begins to look, is not proven dead: its refusal may be for that place alone', async () => {
  expect(await begunInAZone('keyFile', 'endSessions', 1)).toMatchObject({ state: 'replaced', reason: 'vacuous' });
});
