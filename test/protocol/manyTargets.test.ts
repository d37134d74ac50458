import { expect, test } from 'vitest';
import { profiles } from '../harness/devices.js';
import { account } from '../harness/memoryEstate.js';
import { Story } from './harness.js';

test('a credential on 120 targets is rotated on all of them, a bounded number of calls at a time', async () => {
  const devices = Array.from({ length: 120 }, (_, index) => ({ id: `d${index}`, capabilities: profiles.plain }));
  const story = await Story.of({ devices });
  const end = await story.rotate('forward');
  expect(end).toMatchObject({ state: 'rotated', reason: null });
  const now = await story.readers();
  expect(devices.filter(({ id }) => !story.world.device(id).accepts(account, now))).toEqual([]);
  expect(story.mostTogether).toBe(50);
});
