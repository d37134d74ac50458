import { describe, expect, test } from 'vitest';
import type { Secret } from '../../src/secret/secret.js';
import { type Bench, effectContext, expectNoEffect, type Subject, tooLate, verb } from './targetDriver.harness.js';

/** What comes after a change: undo, retire, confirm, sessions, suspension. */
export function describeLifecycle(subject: Subject): void {
  const { capabilities } = subject;
  const given = capabilities.makers.some((maker) => maker !== 'issued');
  if (given && capabilities.undo !== 'none') describeUndo(subject);
  if (given) describeRetire(subject);
  if (capabilities.confirms) describeConfirm(subject);
  if (capabilities.timedCommitMs !== null) describeTimedCommit(subject, capabilities.timedCommitMs);
  if (capabilities.endsSessions) describeSessions(subject);
  if (capabilities.suspends) describeSuspension(subject);
}

async function changed(bench: Bench): Promise<Secret> {
  const next = bench.makeSecret();
  await bench.driver.change?.(bench.account, bench.via(bench.current), next, effectContext(), bench.current);
  expect(await bench.independentLogin(next)).toBe('in');
  return next;
}

async function expectUndone({ current, independentLogin, driver, account }: Bench, next: Secret): Promise<void> {
  expect(await independentLogin(current)).toBe('in');
  expect(await independentLogin(next)).toBe('refused');
  expect((await driver.probe(account, current, effectContext())).answer).toBe('accepted');
}

function describeUndo({ capabilities, bench }: Subject): void {
  if (capabilities.undo === 'capture') {
    test('undo by capture: what was taken is put back, and that twice does no harm', async () => {
      const { driver, account, via, current } = bench();
      const captured = await driver.capture?.(account, via(current), current, effectContext());
      if (captured === undefined) throw new Error('the capabilities promise capture, the driver has none');
      const next = await changed(bench());
      await driver.revert?.(account, via(next), captured, next, effectContext());
      await driver.revert?.(account, via(current), captured, next, effectContext());
      await expectUndone(bench(), next);
    });

    if (capabilities.confirms) {
      test('undo by capture after confirm: a restart does not bring the new secret back', async () => {
        const { driver, account, via, current, powerCycle } = bench();
        const captured = await driver.capture?.(account, via(current), current, effectContext());
        if (captured === undefined) throw new Error('the capabilities promise capture, the driver has none');
        const next = await changed(bench());
        await driver.confirm?.(account, via(next), effectContext());
        await driver.revert?.(account, via(next), captured, next, effectContext());
        await powerCycle?.();
        await expectUndone(bench(), next);
      });
    }

    test('undo by capture: past notAfter nothing is put back', async () => {
      const { driver, account, via, current, independentLogin } = bench();
      const captured = await driver.capture?.(account, via(current), current, effectContext());
      if (captured === undefined) throw new Error('the capabilities promise capture, the driver has none');
      const next = await changed(bench());
      const late = Promise.resolve(driver.revert?.(account, via(next), captured, next, tooLate()));
      await expectNoEffect(bench(), late, ['Timeout'], [current, next, captured]);
      expect(await independentLogin(next)).toBe('in');
    });
  }

  if (capabilities.undo === 'change') {
    test('undo by change: the old secret is set again', async () => {
      const { driver, account, via, current } = bench();
      const next = await changed(bench());
      await driver.change?.(account, via(next), current, effectContext(), next);
      await expectUndone(bench(), next);
    });
  }

  if (capabilities.undo === 'retire') {
    test('undo by retire: the new secret is taken out again, and that twice does no harm', async () => {
      const { driver, account, via, current } = bench();
      const next = await changed(bench());
      await driver.retire?.(account, via(current), next, current, effectContext());
      await driver.retire?.(account, via(current), next, current, effectContext());
      await expectUndone(bench(), next);
    });
  }
}

function describeRetire({ capabilities, bench }: Subject): void {
  const retire = async (old: Secret, current: Secret, context = effectContext()) => {
    const { driver, account, via } = bench();
    await verb(driver, 'retire').call(driver, account, via(current), old, current, context);
  };

  describe('retire', () => {
    test('H26: of the current secret is a Bug, and changes nothing', async () => {
      const { current, independentLogin } = bench();
      await expectNoEffect(bench(), retire(current, current), ['Bug'], [current]);
      expect(await independentLogin(current)).toBe('in');
    });

    test('afterwards the old one is refused and the new one works; again is a no-op', async () => {
      const { current, independentLogin, elapse } = bench();
      const next = await changed(bench());
      await retire(current, next);
      await retire(current, next);
      const { oldDies } = capabilities;
      if (typeof oldDies === 'object') await elapse?.(oldDies.afterMs + 1);
      expect(await independentLogin(current)).toBe('refused');
      expect(await independentLogin(next)).toBe('in');
    });

    if (capabilities.oldDies === 'onRetire' || capabilities.oldDies === 'afterSecondChange') {
      test('past notAfter the old one lives on', async () => {
        const { current, independentLogin } = bench();
        const next = await changed(bench());
        await expectNoEffect(bench(), retire(current, next, tooLate()), ['Timeout'], [current, next]);
        expect(await independentLogin(current)).toBe('in');
      });
    }
  });
}

function describeConfirm({ bench }: Subject): void {
  describe('confirm', () => {
    test('without it a restart brings the old secret back', async () => {
      const { current, powerCycle, independentLogin } = bench();
      const next = await changed(bench());
      if (powerCycle === undefined) throw new Error('the harness of a target that confirms needs powerCycle');
      await powerCycle();
      expect(await independentLogin(current)).toBe('in');
      expect(await independentLogin(next)).toBe('refused');
    });

    test('with it the new one stays; again is a no-op', async () => {
      const { driver, account, via, current, powerCycle, independentLogin } = bench();
      const next = await changed(bench());
      await driver.confirm?.(account, via(next), effectContext());
      await driver.confirm?.(account, via(next), effectContext());
      await powerCycle?.();
      expect(await independentLogin(next)).toBe('in');
      expect(await independentLogin(current)).toBe('refused');
    });

    test('past notAfter it saves nothing', async () => {
      const { driver, account, via, current, powerCycle, independentLogin } = bench();
      const next = await changed(bench());
      const late = Promise.resolve(driver.confirm?.(account, via(next), tooLate()));
      await expectNoEffect(bench(), late, ['Timeout'], [current, next]);
      await powerCycle?.();
      expect(await independentLogin(current)).toBe('in');
    });
  });
}

function describeTimedCommit({ bench }: Subject, timedCommitMs: number): void {
  test('a timed commit that nobody confirms is taken back by the target', async () => {
    const { current, elapse, independentLogin } = bench();
    if (elapse === undefined) throw new Error('the harness of a target with timed commit needs elapse');
    const next = await changed(bench());
    await elapse(timedCommitMs + 1);
    expect(await independentLogin(current)).toBe('in');
    expect(await independentLogin(next)).toBe('refused');
  });
}

function describeSessions({ bench }: Subject): void {
  test('endSessions ends those that are older, and no others', async () => {
    const { driver, account, management, current, openSession } = bench();
    if (management === null) throw new Error('the harness of a target that ends sessions needs a management login');
    if (openSession === undefined) throw new Error('the harness of a target that ends sessions needs openSession');
    const older = await openSession(current);
    const before = Date.now() + 50;
    await new Promise((resolve) => setTimeout(resolve, 200));
    const newer = await openSession(current);
    try {
      expect([await older.alive(), await newer.alive()]).toEqual([true, true]);
      const late = verb(driver, 'endSessions').call(driver, account, management, { before }, tooLate());
      await expectNoEffect(bench(), late, ['Timeout'], [current, management.secret]);
      expect(await older.alive()).toBe(true);
      await driver.endSessions?.(account, management, { before }, effectContext());
      await driver.endSessions?.(account, management, { before }, effectContext());
      expect([await older.alive(), await newer.alive()]).toEqual([false, true]);
    } finally {
      await older.close();
      await newer.close();
    }
  });
}

function describeSuspension({ bench }: Subject): void {
  const act = async (name: 'suspend' | 'reinstate', context = effectContext()) => {
    const { driver, account, management } = bench();
    if (management === null) throw new Error('the harness of a target that suspends needs a management login');
    await verb(driver, name).call(driver, account, management, context);
  };

  describe('suspend and reinstate', () => {
    test('nothing opens a suspended account; reinstated, the same secret does; both may be said twice', async () => {
      const { driver, account, current, management, independentLogin } = bench();
      await act('suspend');
      await act('suspend');
      expect(await independentLogin(current)).not.toBe('in');
      expect((await driver.probe(account, current, effectContext())).answer).not.toBe('accepted');
      const obstacle = management === null ? null : await driver.obstacle?.(account, management, effectContext());
      expect(obstacle).not.toBeNull();
      await act('reinstate');
      await act('reinstate');
      expect(await independentLogin(current)).toBe('in');
    });

    test('reinstating what nobody suspended changes nothing', async () => {
      const { current, independentLogin } = bench();
      await act('reinstate');
      expect(await independentLogin(current)).toBe('in');
    });

    test('H21: a suspended account takes a new secret, and stays suspended', async () => {
      const { driver, account, current, management, makeSecret, independentLogin } = bench();
      if (management === null || driver.change === undefined) return;
      const next = makeSecret();
      await act('suspend');
      await driver.change(account, management, next, effectContext(), current);
      expect(await independentLogin(next)).not.toBe('in');
      await act('reinstate');
      expect(await independentLogin(next)).toBe('in');
    });

    test('past notAfter nothing is suspended', async () => {
      const { current, independentLogin } = bench();
      await expectNoEffect(bench(), act('suspend', tooLate()), ['Timeout'], [current]);
      expect(await independentLogin(current)).toBe('in');
    });
  });
}
