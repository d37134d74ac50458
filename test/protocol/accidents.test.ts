import { describe, expect, test } from 'vitest';
import { issuing, profiles } from '../harness/devices.js';
import { account, type DeviceOptions } from '../harness/memoryEstate.js';
import { Crashed, Story } from './harness.js';

const { plain, slow, keyFile, locks, lingering, timedCommit, locksAtOnce, saves, silent, secondChange } = profiles;
const hour = 3_600_000;

function devices(count: number, capabilities: DeviceOptions['capabilities'] = plain): readonly DeviceOptions[] {
  return ['a', 'b', 'c'].slice(0, count).map((id) => ({ id, capabilities }));
}

/** The end, in the words of a result. */
function words(end: { readonly state: string; readonly reason: string | null }): string {
  return `${end.state}(${end.reason})`;
}

describe('effects that come late', () => {
  test('H1 late effect kills the discarded candidate: it was sent, so it stays held', async () => {
    const story = await Story.of({ devices: devices(1, { ...slow, undo: 'none' }) });
    story.world.trouble = always('change', { kind: 'dropped' });
    const end = await story.rotate('forward');
    expect(words(end)).toBe('untouched(notTaken)');
    const held = await story.held();
    expect(held.filter((value) => !value.equals(story.first, ['password']))).toHaveLength(1);
  });

  test('H2 zombie activity: a hand that wakes after its deadline sends nothing', async () => {
    const story = await Story.of({ devices: devices(1) });
    story.fail('change', 'a', { kind: 'late', forMs: 10 * 60_000 });
    const end = await story.rotate('restore');
    const now = await story.readers();
    await story.world.time.pass(hour);
    expect(words(end)).toBe('rotated(null)');
    expect(story.world.device('a').accepts(account, now)).toBe(true);
  });

  test('nothing is sent to a silent target until its effect cannot arrive any more', async () => {
    const story = await Story.of({ devices: devices(1, slow) });
    story.fail('change', 'a', { kind: 'queued', forMs: 20_000 });
    const end = await story.rotate('restore');
    expect(words(end)).toBe('rotated(null)');
    expect(story.commands.filter((command) => command === 'change a')).toHaveLength(1);
  });
});

describe('a target that says yes and does it later', () => {
  /** The change arrives between the refusal of the new secret and the moment in which that is heard; it cannot be ordered again. */
  async function between(capabilities: DeviceOptions['capabilities'], policy: 'restore' | 'forward') {
    const story = await Story.of({ devices: devices(1, capabilities) });
    let [orders, probes] = [0, 0];
    story.world.trouble = async ({ verb }) => {
      if (verb !== 'change') return null;
      orders += 1;
      return orders === 1 ? { kind: 'lazy', forMs: 20_000 } : { kind: 'refused' };
    };
    story.world.done = async ({ verb }) => {
      if (verb === 'probe') probes += 1;
      if (verb === 'probe' && probes === 2) await story.world.time.pass(40_000);
    };
    return { story, end: await story.rotate(policy) };
  }

  test.each(['restore', 'forward'] as const)(
    'is not taken for lost by answers from before and after (%s)',
    async (policy) => {
      const { story, end } = await between(slow, policy);
      expect(words(end)).toBe('rotated(null)');
      expect(story.world.device('a').accepts(account, await story.readers())).toBe(true);
    },
  );

  test.each(['restore', 'forward'] as const)(
    'is not taken for unchanged by an answer from before (%s)',
    async (policy) => {
      const { story, end } = await between({ ...keyFile, settleMs: 30_000 }, policy);
      expect(words(end)).toBe('rotated(null)');
      expect(story.world.device('a').accepts(account, await story.readers())).toBe(true);
    },
  );
});

describe('an order of which nothing was sent', () => {
  test('is given once more: a host or a vault that was away for a moment does not end the rotation', async () => {
    const story = await Story.of({ devices: devices(1) });
    story.fail('change', 'a', { kind: 'refused' });
    expect(words(await story.rotate('forward'))).toBe('rotated(null)');
    expect(story.commands.filter((command) => command === 'change a')).toHaveLength(2);
  });

  test('is not given for ever', async () => {
    const story = await Story.of({ devices: devices(1) });
    story.world.trouble = always('change', { kind: 'refused' });
    expect(words(await story.rotate('forward'))).toBe('untouched(unreachable)');
    expect(story.commands.filter((command) => command === 'change a')).toHaveLength(2);
  });
});

describe('what is held, and until when', () => {
  test('H3 three slots cannot hold four values: a candidate that some devices took and one refuses stays held', async () => {
    const story = await Story.of({ devices: devices(2), timing: { stragglerMs: 0 } });
    story.world.trouble = refusing('b');
    expect(words(await story.rotate('forward'))).toBe('unverified(promoteShare)');
    story.world.trouble = async () => null;
    expect(words(await story.rotate('forward'))).toBe('rotated(null)');
    expect(await story.held()).toEqual([await story.readers()]);
  });

  test('H4 straggler outlives previous: what an absent device has is held through further rotations', async () => {
    const story = await Story.of({ devices: devices(2) });
    story.world.device('b').reachable = false;
    await story.rotate('forward');
    await story.world.time.pass(720 * hour);
    expect((await story.rotate('forward')).state).toBe('replaced');
    expect((await story.held()).some((value) => value.equals(story.first, ['password']))).toBe(true);
    story.world.device('b').reachable = true;
    expect(words(await story.rotate('forward'))).toBe('rotated(null)');
  });

  test('H5 previous is not version − 1: a foreign field that a person adds is kept, and is no conflict', async () => {
    const story = await Story.of({ devices: devices(1) });
    story.before = async ({ do: name }) => {
      if (name === 'promote') await story.world.personWrites('primary', story.first);
    };
    expect(words(await story.rotate('restore'))).toBe('rotated(null)');
    expect((await story.readers()).reveal('notes')).toBe('by hand');
  });

  test('H6 after promote the vault says that retiring is outstanding', async () => {
    const story = await Story.of({ devices: devices(1, keyFile) });
    story.dieAt('retire');
    await expect(story.rotate('restore')).rejects.toThrow(Crashed);
    expect((await story.world.ledger('primary')).record?.phase).toBe('promoted');
    expect((await story.recover()).state).toBe('rotated');
    expect(story.world.device('a').holds(account, story.first)).toBe(false);
  });
});

describe('records that are found', () => {
  test('H7 orphan pending: a rotation begins by finishing the record that it finds', async () => {
    const story = await Story.of({ devices: devices(1), vaults: ['primary', 'cloud'] });
    story.dieAt('change');
    await expect(story.rotate('restore')).rejects.toThrow(Crashed);
    expect(words(await story.rotate('restore'))).toBe('rotated(null)');
    expect((await story.world.ledger('primary')).record).toBeNull();
    expect((await story.world.ledger('cloud')).record).toBeNull();
  });

  test('H8 incident while a schedule is in applied: join goes forward and rotates once more', async () => {
    const story = await Story.of({ devices: devices(1) });
    story.before = async ({ do: name }) => {
      if (name !== 'change' || story.commands.includes('change a')) return;
      await story.world.time.pass(1);
      story.said.push({ event: 'join', join: { policy: 'forward', cleanAfter: story.world.time.now() } });
    };
    expect(words(await story.rotate('restore'))).toBe('rotated(null)');
    expect(story.commands.filter((command) => command === 'stage')).toHaveLength(2);
  });

  test('H8 an incident that joins while the vault is away is written down before anything is done by it', async () => {
    const story = await Story.of({ devices: devices(1) });
    story.before = async ({ do: name }) => {
      if (name === 'stage') story.said.push({ event: 'join', join: { policy: 'forward', cleanAfter: 0 } });
      if (name === 'note' && !story.commands.includes('note')) story.fail('write', 'relock', { kind: 'refused' });
      if (name === 'change') expect((await story.world.ledger('primary')).record?.policy).toBe('forward');
    };
    expect(words(await story.rotate('restore'))).toBe('rotated(null)');
    expect(story.commands.filter((command) => command === 'note').length).toBeGreaterThan(1);
  });

  test('H25 the second change sets the same new secret: a crash before it leaves nothing that is not held', async () => {
    const story = await Story.of({ devices: devices(1, secondChange) });
    story.dieAt('retire');
    await expect(story.rotate('restore')).rejects.toThrow(Crashed);
    const device = story.world.device('a');
    const known = [await story.readers(), ...(await story.held())].filter((value) => device.holds(account, value));
    expect(new Set(known.map((value) => value.reveal('password'))).size).toBe(device.slots(account).length);
    expect(words(await story.recover())).toBe('rotated(null)');
    expect([device.slots(account).length, device.accepts(account, await story.readers())]).toEqual([1, true]);
  });

  test('H26 a finished run that is started again does nothing', async () => {
    const story = await Story.of({ devices: devices(1, keyFile) });
    const verbs = story.world.verbs();
    await story.rotate('restore');
    const { spent } = await story.world.ledger('primary');
    const plan = story.world.plan('restore');
    const ref = { ...plan, token: spent[0]?.token ?? '', policy: 'restore' as const };
    expect(await verbs.open(ref, { do: 'open' })).toMatchObject({ kind: 'spent', spent: { end: 'rotated' } });
    expect(story.world.device('a').accepts(account, await story.readers())).toBe(true);
  });
});

describe('what the hands refuse, whatever the head says', () => {
  test('H26 what readers get is not retired', async () => {
    const story = await Story.of({ devices: devices(1, keyFile) });
    story.dieAt('promote');
    await expect(story.rotate('restore')).rejects.toThrow(Crashed);
    const { record } = await story.world.ledger('primary');
    const ref = { ...story.world.plan('restore'), token: record?.token ?? '', policy: 'restore' as const };
    const retire = story.world.verbs().retire(ref, {
      do: 'retire',
      target: 'a',
      old: record?.base ?? '',
      current: record?.candidate ?? '',
      login: { as: 'management' },
      notAfter: story.world.time.now() + 30_000,
      write: {},
    });
    await expect(retire).rejects.toMatchObject({ code: 'Conflict', effect: 'none' });
    expect(story.world.device('a').accepts(account, story.first)).toBe(true);
  });
});

describe('copies', () => {
  test('H9 one copy down at staged: forward goes on with consent and names it stale', async () => {
    const story = await Story.of({ devices: devices(1), vaults: ['primary', 'cloud'] });
    story.world.trouble = down('cloud/');
    const end = await story.rotate('forward');
    expect([words(end), end.flags.stale, end.open]).toEqual(['rotated(copyUnavailable)', ['cloud:itron/svc'], true]);
    story.world.trouble = async () => null;
    expect((await story.rotate('restore')).flags.stale).toEqual([]);
  });

  test('H9 one copy down at staged: restore touches nothing', async () => {
    const story = await Story.of({ devices: devices(1), vaults: ['primary', 'cloud'] });
    story.world.trouble = down('cloud/');
    expect(words(await story.rotate('restore'))).toBe('untouched(copyUnavailable)');
    expect(story.commands).not.toContain('change a');
  });

  test('H10 promote succeeded in one copy of two: restore leaves the old one alive and says so', async () => {
    const story = await Story.of({ devices: devices(1, keyFile), vaults: ['primary', 'cloud'] });
    story.before = async ({ do: name }) => {
      if (name === 'promote') story.world.trouble = down('cloud/');
    };
    const end = await story.rotate('restore');
    expect([words(end), end.flags]).toEqual([
      'replaced(copyUnavailable)',
      { exposed: true, stale: ['cloud:itron/svc'], unsaved: [] },
    ]);
    expect(story.world.device('a').accepts(account, story.first)).toBe(true);
  });

  test('H11 promote conflict: a newer value of a person that works stays', async () => {
    const story = await Story.of({ devices: devices(1) });
    const theirs = story.world.value('theirs');
    story.before = async ({ do: name }) => {
      if (name !== 'promote') return;
      story.world.device('a').setAccount(account, [theirs]);
      await story.world.personWrites('primary', theirs);
    };
    expect(words(await story.rotate('restore'))).toBe('untouched(superseded)');
    expect((await story.readers()).equals(theirs, ['password'])).toBe(true);
  });

  test('H11 promote conflict where an old secret lives on for an hour: ours lives beside theirs, so it is not untouched', async () => {
    const story = await Story.of({ devices: devices(1, lingering) });
    const theirs = story.world.value('theirs');
    let written = false;
    story.before = async ({ do: name }) => {
      if (name === 'change' && !written) story.world.device('a').setAccount(account, [theirs]);
      if (name === 'promote' && !written) await story.world.personWrites('primary', theirs);
      written ||= name === 'promote';
    };
    expect(words(await story.rotate('forward'))).toBe('unverified(superseded)');
    expect(story.world.device('a').accepts(account, theirs)).toBe(true);
  });

  test('H11 promote conflict: a value that no device accepts is written over', async () => {
    const story = await Story.of({ devices: devices(1) });
    let written = false;
    story.before = async ({ do: name }) => {
      if (name !== 'promote' || written) return;
      written = true;
      await story.world.personWrites('primary', story.world.value('mistyped'));
    };
    expect((await story.rotate('restore')).state).toBe('rotated');
    expect(story.world.device('a').accepts(account, await story.readers())).toBe(true);
  });
});

describe('where it starts', () => {
  test('H12 drift before start: every value of a copy dies with the others', async () => {
    const story = await Story.of({ devices: devices(1, keyFile), vaults: ['primary', 'cloud'] });
    const other = story.world.value('other');
    await story.world.personWrites('cloud', other);
    story.world.device('a').setAccount(account, [story.first, other]);
    expect((await story.rotate('restore')).state).toBe('rotated');
    expect(story.world.device('a').holds(account, other)).toBe(false);
  });

  test('H12 drift before start: a scheduled run does not overwrite what was set by hand', async () => {
    const story = await Story.of({ devices: devices(1) });
    const byHand = story.world.value('by hand');
    story.world.device('a').setAccount(account, [byHand]);
    expect(words(await story.rotate('restore'))).toBe('untouched(drift)');
    expect(story.world.device('a').accepts(account, byHand)).toBe(true);
  });

  test.each(['restore', 'forward'] as const)(
    'H33 T2 no vault has a value, and nobody asked for a first adoption: %s changes nothing, and says where nothing is',
    async (policy) => {
      const story = await Story.of({ devices: devices(1) });
      await story.world.personWrites('primary', null);
      const end = await story.rotate(policy);
      expect([words(end), end.flags.exposed, end.open]).toEqual(['untouched(noOldValue)', true, false]);
      expect(story.commands).not.toContain('change a');
      expect(story.causes).toEqual([expect.stringContaining('primary:')]);
      expect(story.world.device('a').accepts(account, story.first)).toBe(true);
    },
  );

  test.each([devices(1), devices(1, keyFile)])(
    'H33 T2 a first adoption that was asked for: management sets one, and nothing is said to be proven dead',
    async (...where) => {
      const story = await Story.of({ devices: where });
      await story.world.personWrites('primary', null);
      story.world.adopt = true;
      const end = await story.rotate('restore');
      expect([words(end), end.flags.exposed, end.open]).toEqual(['replaced(adopted)', true, false]);
      expect(story.world.device('a').accepts(account, await story.readers())).toBe(true);
      const overlaps = where[0]?.capabilities.overlap === true;
      const later = overlaps ? 'replaced(adopted)' : 'rotated(null)';
      expect(words(await story.rotate('restore'))).toBe(later);
      expect(story.world.device('a').accepts(account, story.first)).toBe(overlaps);
    },
  );

  test('T2 readers of the primary get nothing, and another copy has the secret: a mistyped path is not filled unasked', async () => {
    const story = await Story.of({ devices: devices(1), vaults: ['primary', 'cloud'] });
    await story.world.personWrites('primary', null);
    expect(words(await story.rotate('forward'))).toBe('untouched(noOldValue)');
    expect(await story.world.readersGet('primary')).toBeNull();
  });
});

describe('how it ends', () => {
  test('H13 no exit at the deadline: a device that stays silent after the change ends unverified, both held', async () => {
    const story = await Story.of({ devices: devices(1) });
    story.before = async ({ do: name }) => {
      if (name === 'probe' && story.commands.includes('change a')) story.world.device('a').reachable = false;
    };
    const end = await story.rotate('restore');
    expect([words(end), end.open]).toEqual(['unverified(silent)', true]);
    expect((await story.held()).length).toBeGreaterThanOrEqual(2);
  });

  test('H14 the commonest bad ending has a name: new current, old not seen refused', async () => {
    const story = await Story.of({ devices: devices(1, silent) });
    const end = await story.rotate('restore');
    expect([words(end), end.flags.exposed]).toEqual(['replaced(vacuous)', true]);
  });

  test('H15 a single slot loses the old one at the change, and ends rotated all the same', async () => {
    const story = await Story.of({ devices: devices(1) });
    expect(words(await story.rotate('restore'))).toBe('rotated(null)');
  });

  test('H24 undo after promote: a cancel there goes forward', async () => {
    const story = await Story.of({ devices: devices(1, keyFile) });
    story.before = async ({ do: name }) => {
      if (name === 'retire') story.said.push({ event: 'cancel' });
    };
    expect(words(await story.rotate('restore'))).toBe('rotated(null)');
    expect(story.world.device('a').accepts(account, story.first)).toBe(false);
  });

  test('H24 a promote whose reply was lost is never undone', async () => {
    const story = await Story.of({ devices: devices(1) });
    story.fail('write', 'primary/readers', { kind: 'deaf' });
    story.before = async ({ do: name }) => {
      if (name === 'wait') story.said.push({ event: 'cancel' });
    };
    await story.rotate('restore');
    expect(story.commands).not.toContain('revert a');
    expect(story.world.device('a').accepts(account, await story.readers())).toBe(true);
  });
});

describe('refusals', () => {
  test('H16 a refusal lost on the wire is counted: the account is not locked', async () => {
    const story = await Story.of({ devices: devices(1, locks) });
    story.before = async (command) => {
      const isProof = command.do === 'probe' && command.version.startsWith('old') && story.commands.includes('promote');
      if (isProof) story.fail('probe', 'a', { kind: 'deaf' });
    };
    await story.rotate('restore');
    expect(story.world.device('a').locked(account)).toBe(false);
    expect(story.world.device('a').refusals(account)).toBeLessThanOrEqual(2);
  });

  test('H16 refusals are counted across crashes', async () => {
    const story = await Story.of({ devices: devices(1, locks) });
    story.world.device('a').setAccount(account, [story.world.value('by hand')]);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      story.before = async () => {};
      await story.rotate('restore');
    }
    expect(story.world.device('a').refusals(account)).toBeLessThanOrEqual(2);
  });

  test('H16 what a good login gave back outlives a crash right after it: whoever comes then proves at once', async () => {
    const story = await Story.of({ devices: devices(1, locks) });
    story.dieAt('finish');
    await expect(story.rotate('restore')).rejects.toThrow('died before finish');
    expect((await story.recover()).state).toBe('rotated');
    expect(story.commands).toContain('probe a');
  });

  test('H17 budget per realm: a wrong secret on three devices of one directory is refused twice at most', async () => {
    const realm = { realm: 'directory' };
    const story = await Story.of({ devices: devices(3, locks).map((device) => ({ ...device, ...realm })) });
    for (const id of ['a', 'b', 'c']) story.world.device(id).setAccount(account, [story.world.value('by hand')]);
    expect((await story.rotate('restore')).state).toBe('untouched');
    expect(story.world.device('a').refusals(account)).toBeLessThanOrEqual(2);
  });

  test('H16 where nothing locks, a device that no rotation reached is found by whichever held version it has', async () => {
    const story = await Story.of({ devices: [{ id: 'a', capabilities: plain, self: true }, ...devices(2).slice(1)] });
    story.world.device('a').reachable = false;
    for (let rotation = 0; rotation < 4; rotation += 1) await story.rotate('forward');
    const setByHand = await story.readers();
    for (let rotation = 0; rotation < 2; rotation += 1) await story.rotate('forward');
    story.world.device('a').setAccount(account, [setByHand]);
    story.world.device('a').reachable = true;
    await story.world.time.pass(25 * hour);
    expect(words(await story.rotate('forward'))).toBe('rotated(null)');
    expect(await story.held()).toEqual([await story.readers()]);
  });

  test('where a second refusal locks, the old one is not probed', async () => {
    const story = await Story.of({ devices: devices(1, locksAtOnce) });
    expect(words(await story.rotate('restore'))).toBe('replaced(lockout)');
    expect(story.world.device('a').refusals(account)).toBe(0);
  });

  test('H18 our own address gets banned: silence proves nothing, and the proof is made when the ban is over', async () => {
    const story = await Story.of({ devices: devices(1, keyFile) });
    story.world.trouble = banning(story, 'a');
    expect(words(await story.rotate('restore'))).toBe('rotated(null)');
    const proofs = story.commands.filter((command) => command === 'probe a');
    expect(proofs.length).toBeGreaterThan(4);
    expect(story.world.device('a').accepts(account, story.first)).toBe(false);
  });

  test('H19 vacuous proof: what was refused before we began proves nothing', async () => {
    const story = await Story.of({ devices: devices(1) });
    story.world.device('a').setAccount(account, [story.world.value('attacker')]);
    const end = await story.rotate('forward');
    expect([words(end), end.flags.exposed]).toEqual(['replaced(vacuous)', true]);
  });
});

describe('accounts that are barred', () => {
  test('H20 barred says nothing: a locked account is left alone', async () => {
    const story = await Story.of({ devices: devices(1) });
    story.world.device('a').setSuspended(account, true);
    expect(words(await story.rotate('restore'))).toBe('untouched(barred)');
    expect(story.commands).not.toContain('change a');
  });

  test('H21 H31 disable: the account is suspended, said again after a crash, and stays so until a person decides', async () => {
    const story = await Story.of({ devices: devices(2) });
    story.world.trouble = refusing('b');
    story.dieAt('suspend');
    await expect(story.rotate('disable')).rejects.toThrow(Crashed);
    const end = await story.recover();
    expect([end.state, end.open]).toEqual(['disabled', true]);
    expect(story.world.device('a').logIn(account, story.first)).toBe('barred');
    expect((await story.rotate('forward')).state).toBe('disabled');
  });
});

describe('a record that somebody else carries on', () => {
  test('H31 who was overtaken does not close the record of an account that was suspended meanwhile', async () => {
    const story = await Story.of({ devices: devices(2) });
    story.world.trouble = refusing('b');
    let isFirst = true;
    story.before = async ({ do: name }) => {
      if (name !== 'stage' || !isFirst) return;
      isFirst = false;
      expect((await story.elsewhere('disable')).state).toBe('disabled');
      story.said.push({ event: 'cancel' });
    };
    const end = await story.rotate('disable');
    expect([end.state, end.reason, end.open]).toEqual(['unverified', 'held', true]);
    expect((await story.world.ledger('primary')).record?.suspended).toEqual(['a', 'b']);
  });

  test('H31 who finds an account barred, because it was suspended meanwhile, leaves its record open', async () => {
    const story = await Story.of({ devices: devices(2) });
    story.world.trouble = refusing('b');
    let isFirst = true;
    story.before = async ({ do: name }) => {
      if (name !== 'probe' || !isFirst) return;
      isFirst = false;
      expect((await story.elsewhere('disable')).state).toBe('disabled');
    };
    const end = await story.rotate('disable');
    expect([end.state, end.reason, end.open]).toEqual(['unverified', 'held', true]);
    expect((await story.world.ledger('primary')).record?.suspended).toEqual(['a', 'b']);
  });

  test('H7 a target that was away when its undo was prepared is not changed before it is, whoever goes on', async () => {
    const story = await Story.of({ devices: devices(2) });
    story.world.device('b').reachable = false;
    story.dieAt('promote');
    await expect(story.rotate('restore')).rejects.toThrow(Crashed);
    story.world.device('b').reachable = true;
    expect(words(await story.recover())).toBe('rotated(null)');
    expect(story.commands.indexOf('capture b')).toBeLessThan(story.commands.indexOf('change b'));
    expect(story.commands).toContain('capture b');
  });
});

describe('several targets', () => {
  test('H22 forward with 1 of 3: a bad candidate breaks one device, and readers get nothing', async () => {
    const story = await Story.of({ devices: devices(3) });
    story.world.trouble = refusing('a');
    expect((await story.rotate('forward')).state).toBe('untouched');
    expect(story.commands.some((command) => command === 'change b' || command === 'change c')).toBe(false);
    expect((await story.readers()).equals(story.first, ['password'])).toBe(true);
  });

  test('H22 below promoteAt a person decides whether readers get it', async () => {
    const story = await Story.of({ devices: devices(3), timing: { stragglerMs: hour } });
    story.world.trouble = refusing('c');
    story.before = async (command) => {
      if (command.do === 'wait' && command.why === 'promoteShare') story.said.push({ event: 'decide', promote: true });
    };
    expect((await story.rotate('forward')).state).toBe('replaced');
    expect(story.world.device('a').accepts(account, await story.readers())).toBe(true);
  });

  test('H23 restore with one straggler: the good ones are kept, and it is never called rolled back', async () => {
    const story = await Story.of({ devices: devices(3) });
    story.world.device('c').reachable = false;
    const end = await story.rotate('restore');
    expect([end.state, end.flags.exposed, end.open]).toEqual(['replaced', true, true]);
  });
});

describe('what a management login or a device forces', () => {
  test('H27 a management secret whose rotation is past applied is not used', async () => {
    const story = await Story.of({ devices: devices(1) });
    const vault = story.world.estate.vaults.get('primary');
    const context = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY };
    const by = { token: 'f'.repeat(64), head: 'head-1' };
    await vault?.open(
      'mgmt/a',
      {
        ...by,
        credential: 'mgmt/a',
        descriptorDigest: 'm',
        policy: 'restore',
        maker: 'generated',
        ownedFields: ['password'],
        targets: ['a'],
        at: 0,
      },
      context,
    );
    await vault?.note('mgmt/a', by, { phase: 'applied' }, context);
    expect(words(await story.rotate('restore'))).toBe('untouched(held)');
    expect(story.world.device('a').accepts(account, story.first)).toBe(true);
  });

  test('H29 confirm fails: restore waits out the timer and puts the old one back', async () => {
    const story = await Story.of({ devices: devices(1, timedCommit) });
    story.world.trouble = always('confirm', { kind: 'dropped' });
    expect(['rolledBack', 'untouched']).toContain((await story.rotate('restore')).state);
    await story.world.time.pass(hour);
    expect(story.world.device('a').accepts(account, story.first)).toBe(true);
    expect(story.world.device('a').accepts(account, await story.readers())).toBe(true);
  });

  test('H29 confirm fails: forward says unsaved, since a reboot revives the old one', async () => {
    const story = await Story.of({ devices: devices(1, saves) });
    story.world.trouble = always('confirm', { kind: 'dropped' });
    const end = await story.rotate('forward');
    expect([words(end), end.flags]).toEqual(['replaced(confirmFailed)', { exposed: true, stale: [], unsaved: ['a'] }]);
  });

  test.each(['restore', 'forward'] as const)(
    'H29 a device restarts before it has saved: %s changes it again, and readers get only what opens it',
    async (policy) => {
      const story = await Story.of({ devices: devices(1, saves) });
      let restarts = 1;
      story.before = async (command) => {
        if (command.do === 'confirm' && restarts-- > 0) story.world.device('a').setAccount(account, [story.first]);
      };
      expect(words(await story.rotate(policy))).toBe('rotated(null)');
      expect(story.commands.filter((command) => command === 'confirm a')).toHaveLength(2);
      expect(story.world.device('a').accepts(account, await story.readers())).toBe(true);
    },
  );

  test('H30 what must wait is parked: an hour of a dying secret gives the slot back', async () => {
    const story = await Story.of({ devices: devices(1, lingering) });
    const parked: string[] = [];
    story.before = async (command) => {
      if (command.do === 'wait') parked.push(command.why);
    };
    expect(words(await story.rotate('restore'))).toBe('rotated(null)');
    expect(parked).toContain('propagating');
  });

  test('H32 an issued secret whose reply was lost leaves no slot behind', async () => {
    const story = await Story.of({ devices: devices(1, issuing), kind: 'approle-secret-id' });
    story.fail('make', 'a', { kind: 'deaf' });
    expect(words(await story.rotate('restore'))).toBe('rotated(null)');
    expect(story.world.device('a').slots(account)).toHaveLength(1);
  });

  test('H32 one call that failed while an issued secret is made: asked again, as anywhere else', async () => {
    const story = await Story.of({ devices: devices(1, issuing), kind: 'approle-secret-id' });
    story.fail('enumerate', 'a', { kind: 'refused' });
    expect(words(await story.rotate('restore'))).toBe('rotated(null)');
  });

  test('H32 a slot that an earlier run may have made is not forgotten when the target is away for the next run', async () => {
    const story = await Story.of({ devices: devices(1, issuing), kind: 'approle-secret-id' });
    story.fail('make', 'a', { kind: 'deaf' });
    story.dieAt('wait');
    await expect(story.rotate('restore')).rejects.toThrow(Crashed);
    expect(story.world.device('a').slots(account)).toHaveLength(2);
    story.world.trouble = always('enumerate', { kind: 'refused' });
    expect(words(await story.recover())).toBe('unverified(unreachable)');
    story.world.trouble = async () => null;
    expect(words(await story.recover())).toBe('rotated(null)');
    expect(story.world.device('a').slots(account)).toHaveLength(1);
  });

  test('H11 a person writes the vault after readers were given the new secret: said, and not overwritten', async () => {
    const story = await Story.of({ devices: devices(1) });
    const persons = story.world.value('persons');
    story.before = async (command) => {
      if (command.do === 'finish') await story.world.personWrites(story.world.primary, persons);
    };
    const end = await story.rotate('forward');
    expect(words(end)).toBe('rotated(superseded)');
    expect(end).toMatchObject({ open: false, flags: { stale: [`${story.world.primary}:itron/svc`] } });
    expect((await story.readers()).equals(persons, ['password'])).toBe(true);
    story.before = async () => {};
    expect(words(await story.rotate('forward'))).toBe('rotated(null)');
    expect(story.world.device('a').logIn(account, await story.readers())).toBe('accepted');
  });

  test('H11 a person writes the vault in the moment in which the record is closed: said, and what works stays held', async () => {
    const story = await Story.of({ devices: devices(1) });
    let isWritten = false;
    story.before = async ({ do: name }) => {
      if (name !== 'finish') return;
      story.world.trouble = async ({ verb }) => {
        if (verb !== 'write' || isWritten) return null;
        isWritten = true;
        await story.world.personWrites(story.world.primary, story.world.value('persons'));
        return null;
      };
    };
    expect(words(await story.rotate('forward'))).toBe('rotated(superseded)');
    expect(isWritten).toBe(true);
    const held = await story.held();
    expect(held.some((value) => story.world.device('a').accepts(account, value))).toBe(true);
  });

  test('H34 consumers: an account that is locked at the late look is still used by somebody', async () => {
    const story = await Story.of({ devices: devices(1, locks), timing: { soakMs: hour } });
    story.before = async (command) => {
      if (command.do !== 'wait' || command.why !== 'soak') return;
      for (let login = 0; login < 3; login += 1) story.world.device('a').logIn(account, story.first);
    };
    expect(words(await story.rotate('restore'))).toBe('rotated(stillUsed)');
  });
});

type Trouble = Story['world']['trouble'];

function always(verb: string, fault: Awaited<ReturnType<Trouble>>): Trouble {
  return async (call) => (call.verb === verb ? fault : null);
}

function down(subject: string): Trouble {
  return async (call) => (call.subject.startsWith(subject) ? { kind: 'refused' } : null);
}

/** That device takes no change: whatever is sent never arrives there, although it says yes. */
function refusing(id: string): Trouble {
  return async (call) => (call.subject === id && call.verb === 'change' ? { kind: 'lied' } : null);
}

/** As OpenSSH 9.8: each refusal adds five seconds, and from fifteen on it hears nothing from us until they are over. Others were refused just before. */
function banning({ world }: Story, id: string): Trouble {
  let [until, seen, banned] = [world.time.now() + 10_000, 0, 0];
  return async ({ subject, verb }) => {
    if (subject !== id || verb !== 'probe') return null;
    const refusals = world.device(id).refusals(account);
    if (refusals > seen) until = Math.max(until, world.time.now()) + 5_000;
    seen = refusals;
    if (until - world.time.now() >= 15_000) banned = until;
    return world.time.now() < banned ? { kind: 'dropped' } : null;
  };
}
