import { beforeEach, describe, expect, test } from 'vitest';
import type { LedgerVault } from '../../src/ledger/ledgerVault.js';
import type { EndState } from '../../src/model/endStates.js';
import { Secret } from '../../src/secret/secret.js';
import {
  by,
  callContext,
  freshPath,
  freshToken,
  interrupted,
  losingReply,
  opening,
  password,
  targets,
  type VaultHarness,
  vaultOver,
} from './vaultBackend.harness.js';

/** Every vault driver passes this on its real server. One case per line of the contract, and the accidents that made it. */
export function describeVaultBackend(name: string, getHarness: () => VaultHarness): void {
  describe(`vault backend: ${name}`, () => {
    let harness: VaultHarness;
    let vault: LedgerVault;
    let path: string;
    const context = callContext;

    beforeEach(() => {
      harness = getHarness();
      vault = vaultOver(harness.store());
      path = freshPath();
    });

    async function opened(changes: Parameters<typeof opening>[0] = {}, current: string | null = 'old-1') {
      if (current !== null) await harness.personWrites(path, { username: 'svc', password: current });
      const mine = opening(changes);
      const result = await vault.open(path, mine, context());
      if (result.kind === 'spent') throw new Error('the token cannot be spent yet');
      return { token: mine.token, record: result.record };
    }

    async function staged(
      value: string,
      changes: Parameters<typeof opening>[0] = {},
      current: string | null = 'old-1',
    ) {
      const { token } = await opened(changes, current);
      const record = await vault.stage(path, by(token), async () => password(value), context());
      return { token, record };
    }

    const finish = (token: string, end: EndState) =>
      vault.finish(path, by(token), { end, at: 1_700_000_100_000 }, context());
    const heldValue = async (version: string) => (await vault.read(path, version, context())).reveal('password');

    describe('open', () => {
      test('creates the record and holds what readers get now, which every target may be at', async () => {
        const { record } = await opened();
        expect(record).toMatchObject({ phase: 'opened', olds: [record.base], candidate: null });
        expect(record.mayBeAt).toEqual({ [String(record.base)]: targets });
        expect(await heldValue(String(record.base))).toBe('old-1');
        expect((await vault.state(path, context())).record).toEqual(record);
      });

      test('the same token again gives the record as it is; another token is held', async () => {
        const { token, record } = await opened();
        expect(await vault.open(path, opening({ token }), context())).toEqual({ kind: 'opened', record });
        expect(await vault.open(path, opening(), context())).toEqual({ kind: 'held', record });
      });

      test('of two that race, exactly one opens and the other is shown its record', async () => {
        await harness.personWrites(path, { password: 'old-1' });
        const race = [opening(), opening(), opening()];
        const results = await Promise.all(race.map((one) => vaultOver(harness.store()).open(path, one, context())));
        const winners = results.filter((result) => result.kind === 'opened');
        expect(winners).toHaveLength(1);
        const [winner] = winners;
        expect(results.filter((result) => result !== winner)).toEqual(
          [1, 2].map(() => ({ kind: 'held', record: winner?.kind === 'opened' && winner.record })),
        );
      });

      test('H33: where readers get nothing there is no base, and promote needs none', async () => {
        const { token, record } = await staged('new-1', {}, null);
        expect(record).toMatchObject({ base: null, olds: [] });
        expect(await vault.promote(path, by(token), null, context())).toBe('promoted');
        expect(await harness.readerSees(path)).toEqual({ password: 'new-1' });
      });

      test('a finished token is spent: nothing is opened, nothing is made', async () => {
        const { token } = await staged('new-1');
        await finish(token, 'untouched');
        expect(await vault.open(path, opening({ token }), context())).toEqual({
          kind: 'spent',
          spent: { token, end: 'untouched', at: 1_700_000_100_000 },
        });
        await expect(vault.stage(path, by(token), neverMade, context())).rejects.toMatchObject({ code: 'Spent' });
      });

      test('an owned field that is not text is refused, not lost', async () => {
        await harness.personWrites(path, { password: 12345 });
        await expect(vault.open(path, opening(), context())).rejects.toMatchObject({ code: 'Misconfigured' });
        expect(await harness.readerSees(path)).toEqual({ password: 12345 });
      });
    });

    describe('stage', () => {
      test('the candidate is durable, may be anywhere, and readers see nothing of it', async () => {
        const { record } = await staged('new-1');
        expect(record.phase).toBe('staged');
        expect(record.mayBeAt[String(record.candidate)]).toEqual(targets);
        expect(await vaultOver(harness.store()).read(path, String(record.candidate), context())).toSatisfy(
          (secret: Secret) => secret.reveal('password') === 'new-1',
        );
        expect(await harness.readerSees(path)).toEqual({ username: 'svc', password: 'old-1' });
      });

      test('the same token again gives the same version and makes nothing', async () => {
        const { token, record } = await staged('new-1');
        expect(await vault.stage(path, by(token), neverMade, context())).toEqual(record);
      });

      test('a maker that throws keeps nothing', async () => {
        const { token, record } = await opened();
        const broken = () => Promise.reject(new Error('no entropy'));
        await expect(vault.stage(path, by(token), broken, context())).rejects.toThrow('no entropy');
        expect((await vault.state(path, context())).record).toEqual(record);
      });

      test('a value without an owned field is refused', async () => {
        const { token } = await opened();
        const wrong = async () => Secret.of({ passwd: 'new-1' });
        await expect(vault.stage(path, by(token), wrong, context())).rejects.toMatchObject({ code: 'Bug' });
      });

      test('two that stage at once end with one candidate', async () => {
        const { token } = await opened();
        const stage = (value: string) =>
          vaultOver(harness.store()).stage(path, by(token), async () => password(value), context());
        const [one, two] = await Promise.all([stage('new-1'), stage('new-2')]);
        expect(one).toEqual(two);
        expect(['new-1', 'new-2']).toContain(await heldValue(String(one.candidate)));
      });

      test('without an open record it is refused', async () => {
        await expect(vault.stage(path, by(freshToken()), neverMade, context())).rejects.toMatchObject({
          code: 'Conflict',
          effect: 'none',
        });
      });
    });

    describe('promote', () => {
      test('gives readers the candidate and keeps every foreign field, of whatever type', async () => {
        const odd = { username: 'svc', notes: 'ÄÖ "quoted" \n☃', port: 22, tags: ['a', { b: null }], empty: '' };
        await harness.personWrites(path, { ...odd, password: 'old-1' });
        const { token, record } = await staged('nëw\u0000"\\1', {}, null);
        expect(await vault.promote(path, by(token), record.base, context())).toBe('promoted');
        expect(await harness.readerSees(path)).toEqual({ ...odd, password: 'nëw\u0000"\\1' });
        expect((await vault.state(path, context())).record?.phase).toBe('promoted');
      });

      test('what already is promoted is a no-op', async () => {
        const { token, record } = await staged('new-1');
        await vault.promote(path, by(token), record.base, context());
        expect(await vault.promote(path, by(token), record.base, context())).toBe('promoted');
      });

      test('H5: a person who changes a foreign field in between does not stop it and loses nothing', async () => {
        const { token, record } = await staged('new-1');
        await harness.personWrites(path, { username: 'svc', password: 'old-1', notes: 'call Ann' });
        expect(await vault.promote(path, by(token), record.base, context())).toBe('promoted');
        expect(await harness.readerSees(path)).toEqual({ username: 'svc', password: 'new-1', notes: 'call Ann' });
        expect(await heldValue(String(record.base))).toBe('old-1');
      });

      test('H5: also when they do it between its reading and its writing', async () => {
        const { token, record } = await staged('new-1');
        const patch = () => harness.personWrites(path, { password: 'old-1', notes: 'call Ann' });
        const racing = vaultOver(interrupted(harness.store(), patch));
        expect(await racing.promote(path, by(token), record.base, context())).toBe('promoted');
        expect(await harness.readerSees(path)).toEqual({ password: 'new-1', notes: 'call Ann' });
      });

      test("H11: a stranger's value is a conflict, and it stays", async () => {
        const { token, record } = await staged('new-1');
        await harness.personWrites(path, { username: 'svc', password: 'by hand' });
        expect(await vault.promote(path, by(token), record.base, context())).toBe('conflict');
        expect(await harness.readerSees(path)).toEqual({ username: 'svc', password: 'by hand' });
        expect((await vault.state(path, context())).record?.phase).toBe('staged');
      });

      test("H11: a stranger's value that is held can be promoted over", async () => {
        const { token } = await staged('new-1');
        await harness.personWrites(path, { password: 'by hand' });
        const stranger = await vault.read(path, 'current', context());
        const hold = { role: 'old', label: 'stranger', secret: stranger, mayBeAt: [] } as const;
        const version = (await vault.hold(path, by(token), hold, context())).olds.at(-1) ?? '';
        expect(await vault.promote(path, by(token), version, context())).toBe('promoted');
        expect(await harness.readerSees(path)).toEqual({ password: 'new-1' });
      });

      test('with nothing staged, or no record, it is refused', async () => {
        const { token, record } = await opened();
        const promote = (with_: string) => vault.promote(path, by(with_), record.base, context());
        await expect(promote(token)).rejects.toMatchObject({ code: 'Conflict', effect: 'none' });
        await expect(promote(freshToken())).rejects.toMatchObject({ code: 'Conflict', effect: 'none' });
      });
    });

    describe('record', () => {
      test('phases only go forward and deadlines only get later, whatever is repeated late', async () => {
        const { token } = await opened();
        await vault.note(
          path,
          by(token),
          { phase: 'applied', effectsNotAfter: 2_000, suspended: ['headend-01'] },
          context(),
        );
        const record = await vault.note(path, by(token), { phase: 'opened', effectsNotAfter: 1_000 }, context());
        expect(record).toMatchObject({ phase: 'applied', effectsNotAfter: 2_000, suspended: ['headend-01'] });
      });

      test('a version gone from targets is no longer said to be there', async () => {
        const { token, record } = await opened();
        const base = String(record.base);
        const gone = [{ version: base, targets: ['headend-01'] }];
        expect((await vault.note(path, by(token), { goneFrom: gone }, context())).mayBeAt[base]).toEqual([
          'headend-02',
        ]);
      });

      test('without an open record nothing is noted or held', async () => {
        const refused = { code: 'Conflict', effect: 'none' };
        const hold = { role: 'capture', target: 'headend-01', secret: password('x') } as const;
        await expect(vault.note(path, by(freshToken()), { phase: 'applied' }, context())).rejects.toMatchObject(
          refused,
        );
        await expect(vault.hold(path, by(freshToken()), hold, context())).rejects.toMatchObject(refused);
      });

      test('hold keeps the first value under a label, and captures per target', async () => {
        const { token } = await opened();
        const hold = (label: string, value: string) =>
          vault.hold(
            path,
            by(token),
            { role: 'old', label, secret: password(value), mayBeAt: ['headend-02'] },
            context(),
          );
        await hold('cloud:itron/x', 'one');
        const record = await hold('cloud:itron/x', 'two');
        expect(await heldValue(record.olds.at(-1) ?? '')).toBe('one');
        const capture = { role: 'capture', target: 'headend-01', secret: Secret.of({ hash: '$6$x' }) } as const;
        const { captures } = await vault.hold(path, by(token), capture, context());
        expect((await vault.read(path, captures['headend-01'] ?? '', context())).reveal('hash')).toBe('$6$x');
      });

      test('openRecords names the paths with an open record and no others', async () => {
        const { token } = await opened();
        const closed = freshPath();
        const other = opening();
        await vault.open(closed, other, context());
        await vault.finish(closed, other, { end: 'untouched', at: 1 }, context());
        const open = await vault.openRecords(context());
        expect(open).toContain(path);
        expect(open).not.toContain(closed);
        await finish(token, 'untouched');
        expect(await vault.openRecords(context())).not.toContain(path);
      });
    });

    describe('two heads of one rotation', () => {
      const other = (token: string) => ({ token, head: 'head-2' });

      test('who opens the record last has it; who had it writes nothing more, and does not get it back', async () => {
        const { token, record } = await staged('new-1');
        const taken = await vault.open(path, { ...record, ...other(token) }, context());
        expect(taken).toEqual({ kind: 'opened', record: { ...record, ...other(token), pastHeads: ['head-1'] } });

        const refused = { code: 'Conflict', effect: 'none' };
        const capture = { role: 'capture', target: 'headend-01', secret: password('hash') } as const;
        await expect(vault.note(path, by(token), { phase: 'applied' }, context())).rejects.toMatchObject(refused);
        await expect(vault.hold(path, by(token), capture, context())).rejects.toMatchObject(refused);
        await expect(vault.stage(path, by(token), neverMade, context())).rejects.toMatchObject(refused);
        await expect(vault.promote(path, by(token), record.base, context())).rejects.toMatchObject(refused);
        await expect(finish(token, 'untouched')).rejects.toMatchObject(refused);
        expect(await vault.open(path, record, context())).toMatchObject({ kind: 'held', record: { head: 'head-2' } });
        expect(await harness.readerSees(path)).toEqual({ username: 'svc', password: 'old-1' });

        expect(await vault.promote(path, other(token), record.base, context())).toBe('promoted');
        await vault.finish(path, other(token), { end: 'rotated', at: 1_700_000_100_000 }, context());
        await finish(token, 'untouched');
        expect((await vault.state(path, context())).spent).toMatchObject([{ token, end: 'rotated' }]);
      });

      test('a promote says first until when it may happen; one that comes late is known to who took over', async () => {
        const { token, record } = await staged('new-1');
        let seen: number | null = null;
        const late = vaultOver(
          interrupted(harness.store(), async () => {
            const taken = await vault.open(path, { ...record, ...other(token) }, context());
            if (taken.kind === 'opened') seen = taken.record.effectsNotAfter;
          }),
        );
        const deadline = Date.now() + 20_000;
        expect(await late.promote(path, by(token), record.base, { ...context(), deadline })).toBe('promoted');
        expect(seen).toBe(deadline);
        const noted = await vault.note(path, other(token), {}, context());
        expect(noted).toMatchObject({ head: 'head-2', phase: 'promoted' });
      });
    });

    describe('finish', () => {
      test('when the old one is gone everywhere, only what readers get stays held; its time is remembered', async () => {
        const { token, record } = await staged('new-1');
        await vault.note(path, by(token), { effectsNotAfter: 1 }, context());
        await vault.promote(path, by(token), record.base, context());
        await vault.note(path, by(token), { goneFrom: [{ version: String(record.base), targets }] }, context());
        await finish(token, 'rotated');
        expect(await vault.state(path, context())).toEqual({
          record: null,
          leftovers: { [String(record.candidate)]: targets },
          rotatedAt: 1_700_000_100_000,
          spent: [{ token, end: 'rotated', at: 1_700_000_100_000 }],
        });
        expect(await heldValue(String(record.candidate))).toBe('new-1');
        await expect(vault.read(path, String(record.base), context())).rejects.toMatchObject({ code: 'NotFound' });
      });

      test('what is last said goes with it', async () => {
        const { token, record } = await staged('new-1');
        await vault.note(path, by(token), { effectsNotAfter: 1 }, context());
        await vault.promote(path, by(token), record.base, context());
        const last = { goneFrom: [{ version: String(record.base), targets }] };
        await vault.finish(path, by(token), { end: 'rotated', at: 1, last }, context());
        const { record: left, leftovers } = await vault.state(path, context());
        expect([left, leftovers]).toEqual([null, { [String(record.candidate)]: targets }]);
      });

      test('an account that is suspended keeps it open, with what was last said', async () => {
        const { token } = await staged('new-1');
        await vault.note(path, by(token), { suspended: ['headend-01'] }, context());
        const refusals = { realm: { count: 1, at: 5 } };
        const closing = { end: 'untouched', at: 1, last: { refusals } } as const;
        expect(await vault.finish(path, by(token), closing, context())).toBeNull();
        const { record, spent } = await vault.state(path, context());
        expect([record?.suspended, record?.refusals, spent]).toEqual([['headend-01'], refusals, []]);
      });

      test('again is a no-op, whatever was opened since, and tells the first end; a token never opened is refused', async () => {
        const { token } = await staged('new-1');
        expect(await finish(token, 'untouched')).toBe('untouched');
        const next = await opened({}, null);
        expect(await finish(token, 'rotated')).toBe('untouched');
        expect((await vault.state(path, context())).record).toEqual(next.record);
        await expect(finish(freshToken(), 'rotated')).rejects.toMatchObject({ code: 'Conflict', effect: 'none' });
      });

      test('H4: what a straggler may still accept outlives the next rotation, with its targets', async () => {
        const first = await staged('new-1');
        const oldest = String(first.record.base);
        await vault.note(path, by(first.token), { effectsNotAfter: 1 }, context());
        await vault.promote(path, by(first.token), oldest, context());
        await vault.note(
          path,
          by(first.token),
          { goneFrom: [{ version: oldest, targets: ['headend-01'] }] },
          context(),
        );
        await finish(first.token, 'replaced');
        const current = String(first.record.candidate);
        const held = { [oldest]: ['headend-02'], [current]: targets };
        expect((await vault.state(path, context())).leftovers).toEqual(held);

        const second = await staged('new-2', {}, null);
        expect(second.record.olds).toEqual([oldest, second.record.base]);
        expect(second.record.mayBeAt[oldest]).toEqual(['headend-02']);
        await vault.promote(path, by(second.token), second.record.base, context());
        const gone = [{ version: String(second.record.base), targets }];
        await vault.note(path, by(second.token), { effectsNotAfter: 2, goneFrom: gone }, context());
        await finish(second.token, 'replaced');
        const newest = String(second.record.candidate);
        expect((await vault.state(path, context())).leftovers).toEqual({ [oldest]: ['headend-02'], [newest]: targets });
        expect(await heldValue(oldest)).toBe('old-1');
      });

      test('H1: a candidate that was ever sent is a leftover, and so is what readers get: a promote may be under way', async () => {
        const { token, record } = await staged('new-1');
        await vault.note(path, by(token), { phase: 'applied', effectsNotAfter: 1 }, context());
        await finish(token, 'untouched');
        const [base, candidate] = [String(record.base), String(record.candidate)];
        expect((await vault.state(path, context())).leftovers).toEqual({ [base]: targets, [candidate]: targets });
        expect(await heldValue(candidate)).toBe('new-1');
        expect(await heldValue(base)).toBe('old-1');
      });

      test('H7: one that was never sent does not stay, and the next rotation can begin', async () => {
        const { token, record } = await staged('new-1');
        await finish(token, 'untouched');
        expect((await vault.state(path, context())).leftovers).toEqual({ [String(record.base)]: targets });
        expect((await vault.open(path, opening(), context())).kind).toBe('opened');
      });

      test('a candidate that somebody else made may be anywhere, also when relock never sent it', async () => {
        const { token, record } = await staged('new-1', { maker: 'issued' });
        await finish(token, 'untouched');
        const [base, candidate] = [String(record.base), String(record.candidate)];
        expect((await vault.state(path, context())).leftovers).toEqual({ [base]: targets, [candidate]: targets });
      });

      test('captures go, and a leftover that readers get again is the base', async () => {
        const { token, record } = await staged('new-1');
        const capture = { role: 'capture', target: 'headend-01', secret: password('hash') } as const;
        const { captures } = await vault.hold(path, by(token), capture, context());
        await vault.note(path, by(token), { effectsNotAfter: 1 }, context());
        await finish(token, 'unverified');
        const captured = vault.read(path, captures['headend-01'] ?? '', context());
        await expect(captured).rejects.toMatchObject({ code: 'NotFound' });

        await harness.personWrites(path, { username: 'svc', password: 'new-1' });
        const next = await opened({ targets: ['headend-03'] }, null);
        expect(next.record.base).toBe(record.candidate);
        const [base, candidate] = [String(record.base), String(record.candidate)];
        expect(next.record.mayBeAt).toEqual({ [base]: targets, [candidate]: [...targets, 'headend-03'] });
      });
    });

    describe('release', () => {
      test('is refused while a target may be at it, and done when none is', async () => {
        const { token, record } = await staged('new-1');
        const base = String(record.base);
        await vault.promote(path, by(token), base, context());
        await expect(vault.release(path, base, context())).rejects.toMatchObject({ code: 'Bug', effect: 'none' });
        await vault.note(path, by(token), { goneFrom: [{ version: base, targets }] }, context());
        await vault.release(path, base, context());
        await vault.release(path, base, context());
        await expect(vault.read(path, base, context())).rejects.toMatchObject({ code: 'NotFound' });
      });

      test('is refused while readers get its value', async () => {
        const { token, record } = await opened();
        const base = String(record.base);
        await vault.note(path, by(token), { goneFrom: [{ version: base, targets }] }, context());
        await expect(vault.release(path, base, context())).rejects.toMatchObject({ code: 'Bug', effect: 'none' });
        expect(await heldValue(base)).toBe('old-1');
      });

      test('a candidate once released makes its token spent', async () => {
        const { token, record } = await staged('new-1');
        const candidate = String(record.candidate);
        await vault.note(path, by(token), { goneFrom: [{ version: candidate, targets }] }, context());
        await vault.release(path, candidate, context());
        await expect(vault.stage(path, by(token), neverMade, context())).rejects.toMatchObject({ code: 'Spent' });
      });
    });

    describe('lost replies', () => {
      const lost = { code: 'Timeout', effect: 'unknown' };

      test('of open, stage and finish: the same call again finds what the first one did', async () => {
        await harness.personWrites(path, { password: 'old-1' });
        const mine = opening();
        const deaf = () => vaultOver(losingReply(harness.store(), 'relock'));
        await expect(deaf().open(path, mine, context())).rejects.toMatchObject(lost);
        expect((await vault.open(path, mine, context())).kind).toBe('opened');
        const make = async () => password('new-1');
        await expect(deaf().stage(path, mine, make, context())).rejects.toMatchObject(lost);
        expect((await vault.stage(path, mine, neverMade, context())).phase).toBe('staged');
        await expect(deaf().finish(path, mine, { end: 'untouched', at: 7 }, context())).rejects.toMatchObject(lost);
        await vault.finish(path, mine, { end: 'untouched', at: 8 }, context());
        expect((await vault.state(path, context())).spent).toEqual([{ token: mine.token, end: 'untouched', at: 7 }]);
      });

      test('of promote: whoever looks sees that it is promoted, and again is a no-op', async () => {
        const { token, record } = await staged('new-1');
        const deaf = vaultOver(losingReply(harness.store(), 'readers'));
        await expect(deaf.promote(path, by(token), record.base, context())).rejects.toMatchObject(lost);
        expect((await vault.state(path, context())).record?.phase).toBe('promoted');
        expect(await vault.promote(path, by(token), record.base, context())).toBe('promoted');
      });
    });

    describe('paths', () => {
      test('list is complete, only under the prefix, and without what is relock’s own', async () => {
        const root = freshPath();
        const paths = [`${root}/a`, `${root}/a/b`, `${root}/c/d/e`, `${root}-other/x`];
        for (const each of paths) await harness.personWrites(each, { password: 'x' });
        await vault.open(`${root}/a`, opening(), context());
        await vault.open(`${root}/never-written`, opening(), context());
        expect(await vault.list(root, context())).toEqual(paths.slice(0, 3));
        const everything = await vault.list('', context());
        expect(everything).toEqual(expect.arrayContaining(paths));
        expect(everything.filter((each) => each.includes('relock'))).toEqual([]);
        expect(await vault.openRecords(context())).toEqual(
          expect.arrayContaining([`${root}/a`, `${root}/never-written`]),
        );
      });

      test.each(['a#b', 'q?x', '%41', 'a b', 'ünï', 'a&b<c>', 'x.age', '.hidden', 'a+b*c', 'a\\b', 'a:b', "it's"])(
        'a name such as %s is itself, in readers’ tools too',
        async (odd) => {
          path = `${freshPath()}/${odd}`;
          if (harness.refusesName?.(path)) {
            const refused = { code: 'Misconfigured', effect: 'none' };
            await expect(vault.open(path, opening(), context())).rejects.toMatchObject(refused);
            return;
          }
          const { token, record } = await staged('new-1');
          await vault.promote(path, by(token), record.base, context());
          expect(await harness.readerSees(path)).toEqual({ username: 'svc', password: 'new-1' });
          expect(await vault.list(path, context())).toEqual([path]);
          expect(await vault.openRecords(context())).toContain(path);
        },
      );

      test.each([
        '',
        '/a',
        'a/',
        'a//b',
        '../a',
        'a/../b',
        'a/.',
        'a\nb',
        'relock/a',
        '.relock/a',
        ' a',
        'x'.repeat(500),
      ])('the path %j is refused before anything is sent', async (bad) => {
        const refused = { code: 'Misconfigured', effect: 'none' };
        await expect(vault.read(bad, 'current', context())).rejects.toMatchObject(refused);
        await expect(vault.open(bad, opening(), context())).rejects.toMatchObject(refused);
      });

      test('what is not there is NotFound, and an untouched path remembers nothing', async () => {
        await expect(vault.read(path, 'current', context())).rejects.toMatchObject({ code: 'NotFound' });
        await expect(vault.read(path, 'new-12345678', context())).rejects.toMatchObject({ code: 'NotFound' });
        expect(await vault.state(path, context())).toEqual({ record: null, leftovers: {}, rotatedAt: null, spent: [] });
      });
    });
  });
}

function neverMade(): Promise<Secret> {
  return Promise.reject(new Error('make was called again'));
}
