import { expect, test } from 'vitest';
import { createInterpreter } from '../../src/protocol/direct.js';
import type { Rotated } from '../../src/protocol/rotate.js';
import { beginRotation, rotate } from '../../src/protocol/rotate.js';
import { endedPage } from '../../src/workflows/rotationPage.js';
import { profiles } from '../harness/devices.js';
import { account, MemoryEstate } from '../harness/memoryEstate.js';

async function ended(estate: MemoryEstate): Promise<Rotated> {
  await estate.seed(estate.value('stolen'));
  estate.device('headend').setClosed(account, true);
  const { now } = estate.time;
  const interpreter = createInterpreter({
    verbs: estate.verbs(),
    head: 'one',
    now,
    sleepUntil: (until) => estate.time.passTo(until),
  });
  const order = { plan: estate.plan('forward'), token: '0'.repeat(64), policy: 'forward' as const };
  return rotate(beginRotation(order, now()), interpreter);
}

test('the page of a rotation that has ended says how, and what stood in its way', async () => {
  const estate = new MemoryEstate({ devices: [{ id: 'headend', capabilities: profiles.plain }] });
  const { end, rotation } = await ended(estate);
  const page = endedPage(rotation.state, end);
  expect(page).toMatch(/^# Ended: untouched: /);
  expect(page).toContain(`- headend lets ${account} in with no secret`);
});
