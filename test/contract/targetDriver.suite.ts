import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Login } from '../../src/contracts/targetDriver.js';
import type { Capabilities } from '../../src/model/capabilities.js';
import type { Secret } from '../../src/secret/secret.js';
import {
  type Bench,
  effectContext,
  expectNoEffect,
  type Subject,
  type TargetHarness,
  tooLate,
} from './targetDriver.harness.js';
import { describeIssuing } from './targetDriver.issuing.js';
import { describeLifecycle } from './targetDriver.lifecycle.js';

/**
 * Every target driver passes this on its real server: which cases there are follows from its capabilities. `getHarness`
 * is called before each case; the harness is made (and its servers are started) by the caller's `beforeAll`.
 */
export function describeTargetDriver(name: string, capabilities: Capabilities, getHarness: () => TargetHarness): void {
  describe(`target driver: ${name}`, () => {
    let current: Bench | null = null;
    const bench = () => {
      if (current === null) throw new Error('no case is running');
      return current;
    };
    beforeEach(async () => {
      const harness = getHarness();
      current = { ...harness, current: await harness.reset() };
    });
    afterEach(() => {
      current = null;
    });
    const subject: Subject = { capabilities, bench };
    test('says the same of itself as its registration', () => {
      expect(bench().driver.capabilities).toEqual(capabilities);
      expect(JSON.parse(JSON.stringify(capabilities))).toEqual(capabilities);
    });
    describeProbe(subject);
    describeCheck(subject);
    if (capabilities.makers.some((maker) => maker !== 'issued')) describeChange(subject);
    describeIssuing(subject);
    describeLifecycle(subject);
  });
}

function describeProbe({ bench }: Subject): void {
  describe('probe', () => {
    test('accepts the current secret, every time, and agrees with a login that is not ours', async () => {
      const { driver, account, current, independentLogin } = bench();
      expect((await driver.probe(account, current, effectContext())).answer).toBe('accepted');
      expect((await driver.probe(account, current, effectContext())).answer).toBe('accepted');
      expect(await independentLogin(current)).toBe('in');
    });

    test('a wrong secret is rejected, and changes nothing', async () => {
      const { driver, account, current, makeSecret, independentLogin } = bench();
      expect((await driver.probe(account, makeSecret(), effectContext())).answer).toBe('rejected');
      expect(await independentLogin(current)).toBe('in');
    });

    test('nobody listens: unknown', async () => {
      const { driver, account, current, down, up } = bench();
      await down();
      try {
        expect((await driver.probe(account, current, effectContext())).answer).toBe('unknown');
      } finally {
        await up();
      }
      expect((await driver.probe(account, current, effectContext())).answer).toBe('accepted');
    });

    test('no time left, or stopped before it began: unknown, and nothing hangs', async () => {
      const { driver, account, current } = bench();
      expect((await driver.probe(account, current, effectContext(0))).answer).toBe('unknown');
      expect((await driver.probe(account, current, effectContext(20_000, AbortSignal.abort()))).answer).toBe('unknown');
    });

    test('a server that never speaks: unknown when the deadline is there, and when it is stopped', async () => {
      const { silent, account, current } = bench();
      if (silent === null) return;
      const begun = Date.now();
      expect((await silent.probe(account, current, effectContext(400))).answer).toBe('unknown');
      const stop = new AbortController();
      const stopped = silent.probe(account, current, effectContext(20_000, stop.signal));
      setTimeout(() => stop.abort(), 200);
      expect((await stopped).answer).toBe('unknown');
      expect(Date.now() - begun).toBeLessThan(5_000);
    });

    test('another host key: Misconfigured, which names both, before any secret is sent', async () => {
      const { otherHostKey, account, current, makeSecret, via } = bench();
      if (otherHostKey === null) return;
      const secrets = [current];
      const probing = otherHostKey.probe(account, current, effectContext());
      const error = await expectNoEffect(bench(), probing, ['Misconfigured'], secrets);
      expect(error.message).toMatch(/pinned SHA256:\S+, shown SHA256:/);
      const next = makeSecret();
      const change = otherHostKey.change?.(account, via(current), next, effectContext(), current);
      if (change !== undefined) await expectNoEffect(bench(), change, ['Misconfigured'], [...secrets, next]);
      const [finding] = await otherHostKey.check(account, via(current), effectContext());
      expect(finding?.severity).toBe('error');
    });
  });
}

function describeCheck({ bench }: Subject): void {
  describe('check', () => {
    const errorsOf = async (account: string, via: Login | null) => {
      const findings = await bench().driver.check(account, via, effectContext());
      return findings.filter((finding) => finding.severity === 'error').map((finding) => finding.message);
    };

    test('finds nothing wrong where nothing is', async () => {
      const { account, via, current } = bench();
      expect(await errorsOf(account, via(current))).toEqual([]);
      expect(await errorsOf(account, null)).toEqual([]);
    });

    test('finds what is wrong: the login, the account, the way there', async () => {
      const { account, management, wrongVia, missingAccount, down, up } = bench();
      if (wrongVia !== null) expect(await errorsOf(account, wrongVia)).toHaveLength(1);
      if (missingAccount !== null && management !== null) {
        expect(await errorsOf(missingAccount, management)).toHaveLength(1);
      }
      await down();
      try {
        expect(await errorsOf(account, management)).toHaveLength(1);
      } finally {
        await up();
      }
    });
  });
}

function describeChange(subject: Subject): void {
  const { capabilities, bench } = subject;
  const change = (next: Secret, context = effectContext(), via = bench().via(bench().current)) => {
    const { driver, account, current } = bench();
    if (driver.change === undefined) throw new Error('the capabilities promise change, the driver has none');
    return driver.change(account, via, next, context, current);
  };
  const expectOldOnly = async (next: Secret) => {
    const { current, independentLogin } = bench();
    expect(await independentLogin(current)).toBe('in');
    expect(await independentLogin(next)).toBe('refused');
  };

  describe('change', () => {
    test('the new secret opens the account; the old one as the capabilities say', async () => {
      const { driver, account, current, makeSecret, independentLogin } = bench();
      const next = makeSecret();
      await change(next);
      expect(await independentLogin(next)).toBe('in');
      expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
      const oldGone = !capabilities.overlap && capabilities.oldDies === 'now';
      expect(await independentLogin(current)).toBe(oldGone ? 'refused' : 'in');
      expect((await driver.probe(account, current, effectContext())).answer).toBe(oldGone ? 'rejected' : 'accepted');
    });

    test('to what is accepted already is a no-op', async () => {
      const { via, makeSecret, independentLogin } = bench();
      const next = makeSecret();
      await change(next);
      await change(next, effectContext(), via(next));
      expect(await independentLogin(next)).toBe('in');
    });

    test('H2: past notAfter nothing is sent', async () => {
      const { current, makeSecret } = bench();
      const next = makeSecret();
      await expectNoEffect(bench(), change(next, tooLate()), ['Timeout'], [next, current]);
      await expectOldOnly(next);
    });

    test('unreachable: proved that nothing changed', async () => {
      const { current, makeSecret, down, up } = bench();
      const next = makeSecret();
      await down();
      try {
        await expectNoEffect(bench(), change(next), ['Unreachable'], [next, current]);
      } finally {
        await up();
      }
      await expectOldOnly(next);
    });

    test('a server that never speaks: Timeout at the deadline, effect none', async () => {
      const { silent, account, via, current, makeSecret } = bench();
      if (silent === null) return;
      const next = makeSecret();
      const begun = Date.now();
      const call = silent.change?.(account, via(current), next, effectContext(400), current);
      await expectNoEffect(bench(), Promise.resolve(call), ['Timeout'], [next, current]);
      expect(Date.now() - begun).toBeLessThan(5_000);
    });

    test('a value that the rules refuse: Refused, effect none, the old one works', async () => {
      const { current, refusedSecret } = bench();
      if (refusedSecret === null) return;
      await expectNoEffect(bench(), change(refusedSecret), ['Refused'], [refusedSecret, current]);
      await expectOldOnly(refusedSecret);
    });

    test('a refused management login: Unauthorized, effect none', async () => {
      const { wrongVia, current, makeSecret } = bench();
      if (wrongVia === null) return;
      const next = makeSecret();
      await expectNoEffect(
        bench(),
        change(next, effectContext(), wrongVia),
        ['Unauthorized'],
        [next, current, wrongVia.secret],
      );
      await expectOldOnly(next);
    });

    test('an account that is not there: NotFound, effect none', async () => {
      const { driver, management, missingAccount, current, makeSecret } = bench();
      if (missingAccount === null || management === null) return;
      const next = makeSecret();
      const call = Promise.resolve(driver.change?.(missingAccount, management, next, effectContext(), current));
      await expectNoEffect(bench(), call, ['NotFound'], [next, management.secret]);
    });
  });
}
