import { describe, expect, test } from 'vitest';
import { effectContext, expectNoEffect, type Subject, tooLate, verb } from './targetDriver.harness.js';

/** Targets whose secrets have ids: the slots of issued ones, keys. */
export function describeIssuing(subject: Subject): void {
  if (subject.capabilities.enumerates) describeSlots(subject);
  if (subject.capabilities.makers.includes('issued')) describeMake(subject);
}

function describeSlots({ bench }: Subject): void {
  test('enumerate gives the same ids every time; dropping one that is not there is a no-op', async () => {
    const { driver, account, via, current, independentLogin } = bench();
    const ids = await verb(driver, 'enumerate').call(driver, account, via(current), effectContext());
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
    await driver.dropSlot?.(account, via(current), 'no-such-slot', effectContext());
    expect(await driver.enumerate?.(account, via(current), effectContext())).toEqual(ids);
    expect(await independentLogin(current)).toBe('in');
  });
}

function describeMake({ bench }: Subject): void {
  const make = async (context = effectContext()) => {
    const { driver, account, via, current } = bench();
    return verb(driver, 'make').call(driver, account, via(current), context);
  };
  const slots = async () => {
    const { driver, account, via, current } = bench();
    return verb(driver, 'enumerate').call(driver, account, via(current), effectContext());
  };

  describe('make', () => {
    test('the target makes one more, which works beside the old one', async () => {
      const { current, independentLogin } = bench();
      const before = await slots();
      const next = await make();
      expect(await independentLogin(next)).toBe('in');
      expect(await independentLogin(current)).toBe('in');
      expect(await slots()).toHaveLength(before.length + 1);
    });

    test('an orphan of a lost reply is found by difference and dropped; dropping it again is a no-op', async () => {
      const { driver, account, via, current, independentLogin } = bench();
      const before = await slots();
      const lost = await make();
      const orphans = (await slots()).filter((slot) => !before.includes(slot));
      expect(orphans).toHaveLength(1);
      for (const orphan of [...orphans, ...orphans]) {
        await driver.dropSlot?.(account, via(current), orphan, effectContext());
      }
      expect(await slots()).toEqual(before);
      expect(await independentLogin(lost)).toBe('refused');
      expect(await independentLogin(current)).toBe('in');
    });

    test('retire kills the old one only; again is a no-op; of the current one is a Bug', async () => {
      const { driver, account, via, current, independentLogin } = bench();
      const next = await make();
      const retire = verb(driver, 'retire').bind(driver);
      await retire(account, via(next), current, next, effectContext());
      await retire(account, via(next), current, next, effectContext());
      expect(await independentLogin(current)).toBe('refused');
      expect(await independentLogin(next)).toBe('in');
      await expectNoEffect(bench(), retire(account, via(next), next, next, effectContext()), ['Bug'], [next]);
    });

    test('past notAfter nothing is made', async () => {
      const { current } = bench();
      const before = await slots();
      await expectNoEffect(bench(), make(tooLate()), ['Timeout'], [current]);
      expect(await slots()).toEqual(before);
    });

    test('unreachable: proved that nothing was made', async () => {
      const { current, down, up } = bench();
      const before = await slots();
      await down();
      try {
        await expectNoEffect(bench(), make(), ['Unreachable'], [current]);
      } finally {
        await up();
      }
      expect(await slots()).toEqual(before);
    });
  });
}
