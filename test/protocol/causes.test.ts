import { describe, expect, test } from 'vitest';
import { profiles } from '../harness/devices.js';
import { account, type DeviceOptions } from '../harness/memoryEstate.js';
import { Story } from './harness.js';

const { plain, locks } = profiles;

function devices(count: number, options: Partial<DeviceOptions> = {}): readonly DeviceOptions[] {
  return ['a', 'b', 'c'].slice(0, count).map((id) => ({ id, capabilities: plain, ...options }));
}

function probes(story: Story): number {
  return story.commands.filter((command) => command === 'probe a').length;
}

describe('an account that lets nobody in, whatever the secret', () => {
  test.each(['restore', 'forward'] as const)('T15 %s does not change it blindly, and says why', async (policy) => {
    const story = await Story.of({ devices: devices(1) });
    story.world.device('a').setClosed(account, true);
    const end = await story.rotate(policy);
    expect([end.state, end.reason, end.open]).toEqual(['untouched', 'barred', false]);
    expect(story.commands).not.toContain('change a');
    expect(story.causes).toEqual([`a lets ${account} in with no secret. Open it to the account, then go on`]);
  });

  test('T15 closed while it was changed: never lost, both are held, and the cause is what management sees', async () => {
    const story = await Story.of({ devices: devices(1) });
    story.before = async () => {
      if (story.commands.includes('change a')) story.world.device('a').setClosed(account, true);
    };
    const end = await story.rotate('forward');
    expect([end.state, end.reason, end.open]).toEqual(['unverified', 'barred', true]);
    expect(story.causes[0]).toContain(`lets ${account} in with no secret`);
    story.before = async () => {};
    story.world.device('a').setClosed(account, false);
    expect((await story.recover()).state).toBe('rotated');
  });

  test('where refusals lock, one that management explains is counted all the same', async () => {
    const story = await Story.of({ devices: devices(1, { capabilities: locks }) });
    story.world.device('a').setClosed(account, true);
    for (let run = 0; run < 4; run += 1) await story.rotate('forward');
    expect(story.world.device('a').locked(account)).toBe(false);
  });
});

describe('no account is asked more than a handful of times', () => {
  test.each(['unknown', 'barred'] as const)('T13 a target that always answers %s', async (answer) => {
    const story = await Story.of({ devices: devices(1) });
    const isTold = () => story.commands.includes('change a');
    story.before = async () => {
      if (!isTold()) return;
      if (answer === 'barred') story.world.device('a').setSuspended(account, true);
      else story.world.device('a').reachable = false;
    };
    const end = await story.rotate('forward');
    expect(end.state).toBe('unverified');
    expect(probes(story)).toBeLessThanOrEqual(8);
  });

  test('one that is waited for is asked ever more rarely', async () => {
    const story = await Story.of({ devices: devices(2), timing: { stragglerMs: 7 * 86_400_000 } });
    story.world.device('b').reachable = false;
    const end = await story.rotate('forward');
    expect(end.state).toBe('replaced');
    expect(story.commands.filter((command) => command === 'probe b').length).toBeLessThanOrEqual(60);
  });
});

describe('no end without its cause', () => {
  test('T40 each target is named, first the one where readers are locked out', async () => {
    const [a, b] = devices(2, { capabilities: { ...plain, undo: 'none' } });
    if (a === undefined || b === undefined) throw new RangeError('two devices were asked for');
    const story = await Story.of({ devices: [a, { ...b, refuses: () => true }] });
    const end = await story.rotate('restore');
    expect(end.state).toBe('unverified');
    expect(story.causes).toEqual([
      expect.stringMatching(
        /^a takes only the new secret, and readers still get the old one: they are locked out there/,
      ),
      expect.stringContaining('b'),
    ]);
  });

  test.each(['restore', 'forward'] as const)(
    'T40 %s: what the second would refuse is seen before the first is told',
    async (policy) => {
      const story = await Story.of({ devices: devices(2, { self: true }) });
      story.world.device('b').setYoung(account, true);
      const end = await story.rotate(policy);
      expect([end.state, end.reason, end.open]).toEqual(['untouched', 'refused', false]);
      expect(story.commands).not.toContain('change a');
      expect(story.causes).toEqual([expect.stringContaining('b: the secret is too young')]);
      story.world.device('b').setYoung(account, false);
      expect((await story.rotate(policy)).state).toBe('rotated');
    },
  );

  test('T40 a look ahead that gets no answer stops nothing, and counts where refusals lock', async () => {
    const story = await Story.of({ devices: devices(2, { self: true, capabilities: locks }) });
    story.world.trouble = async ({ verb }) => (verb === 'obstacle' ? { kind: 'dropped' } : null);
    const end = await story.rotate('restore');
    expect(end.state).toBe('rotated');
    expect(['a', 'b'].map((id) => story.world.device(id).locked(account))).toEqual([false, false]);
  });

  test('T40 the first cannot go back either: that does not change by waiting, and nobody waits', async () => {
    const [a, b] = devices(2, { self: true, capabilities: { ...plain, undo: 'change' } });
    if (a === undefined || b === undefined) throw new RangeError('two devices were asked for');
    const story = await Story.of({ devices: [a, { ...b, refuses: () => true }] });
    story.world.done = async ({ verb, subject }) => {
      if (verb === 'change' && subject === 'a') story.world.device('a').setYoung(account, true);
    };
    const begun = story.world.time.now();
    const end = await story.rotate('restore');
    expect([end.state, end.open]).toEqual(['unverified', true]);
    expect(story.world.time.now() - begun).toBeLessThan(20_000);
    expect(story.causes).toEqual([
      expect.stringMatching(/^a takes only the new secret, .* locked out there; .*too young/),
      expect.stringContaining('b'),
    ]);
  });

  test('a target that says yes and does nothing is named, with what it answered', async () => {
    const story = await Story.of({ devices: devices(1) });
    story.world.trouble = async ({ verb }) => (verb === 'change' ? { kind: 'lied' } : null);
    const end = await story.rotate('forward');
    expect([end.state, end.reason]).toEqual(['untouched', 'notTaken']);
    expect(story.causes).toEqual([
      expect.stringMatching(/^a: .*the new secret was refused, the old one .* was accepted/),
    ]);
  });
});
