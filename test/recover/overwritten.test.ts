import { expect, it } from 'vitest';
import { createInterpreter } from '../../src/protocol/direct.js';
import { beginRotation, rotate } from '../../src/protocol/rotate.js';
import { profiles } from '../harness/devices.js';
import { account, MemoryEstate } from '../harness/memoryEstate.js';

it('H11: a person writes over the new secret after readers had got it: the end says that readers get something else', async () => {
  const world = new MemoryEstate({ vaults: ['primary'], devices: [{ id: 'd0', capabilities: profiles.plain }] });
  const [first, typed] = [world.value('first'), world.value('typed')];
  await world.seed(first);
  const order = { plan: world.plan('forward'), token: 'f'.repeat(64), policy: 'forward' } as const;
  const inner = createInterpreter({
    verbs: world.verbs(),
    head: 'head-1',
    now: world.time.now,
    sleepUntil: (until) => world.time.passTo(until),
  });
  const { end } = await rotate(beginRotation(order, world.time.now()), {
    ...inner,
    async execute(command, state) {
      if (command.do === 'finish') await world.personWrites(world.primary, typed);
      return inner.execute(command, state);
    },
  });
  expect(world.device('d0').accepts(account, typed)).toBe(false);
  expect(end).toMatchObject({ state: 'rotated', reason: 'superseded', open: false });
  expect(end.flags.stale).toEqual(order.plan.copies);
});
