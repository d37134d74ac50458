import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TargetDriver } from '../../../src/contracts/targetDriver.js';
import type { Secret } from '../../../src/secret/secret.js';
import { effectContext } from '../../contract/targetDriver.harness.js';
import type { SshHostOptions } from '../../harness/sshHost.js';
import { tryLogin } from '../../harness/sshLogin.js';
import { driverFor, freshPassword, type LinuxBench, passwordOf, startLinuxBench } from './linuxHarness.js';

const account = 'itron-svc';

/** What the owner of a host may write into its banner, its notices of PAM and its message of the day. */
const text = fc
  .array(
    fc.constantFrom(
      'Unauthorised use of this system is against the law.\n',
      'If your account is locked or your account has expired, call 555-0100.\n',
      'Your account has expired; please contact your system administrator.\n',
      'The account is locked due to 3 failed logins.\n',
      'Please repeat: the old password is void again.\n',
      'New password: ',
      'Retype new password: ',
      'Current password: ',
      'Password: ',
      'passwd: password unchanged\n',
      'passwd: password updated successfully\n',
      'You must wait longer to change your password.\n',
      'Too many authentication failures\n',
      'relock-ready\n',
      'Größe 鍵\n',
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(''));

const runs = { seed: 20, numRuns: 12 };
/** PAM prints this file at that step. */
const notice = (step: 'auth' | 'account' | 'password' | 'session') => `${step} optional pam_echo.so file=/etc/notice`;

async function benchWith(options: SshHostOptions = {}): Promise<LinuxBench> {
  const banner = options.dropbear === true ? {} : { sshdConfig: ['Banner /etc/notice', ...(options.sshdConfig ?? [])] };
  const bench = await startLinuxBench({ management: 'root', pamAuth: [notice('auth')], ...options, ...banner });
  for (const step of ['account', 'password', 'session'] as const)
    await bench.host.exec(`sed -i '1i ${notice(step)}' /etc/pam.d/common-${step}`);
  await bench.host.writeFile('/etc/notice', 'Welcome\n');
  await bench.host.restart();
  return bench;
}

describe('T18 T20 what the owner of a host has printed at every step of a login', { timeout: 180_000 }, () => {
  const kinds: readonly { name: string; options: SshHostOptions; takes: 'yes' | 'no' }[] = [
    { name: 'OpenSSH takes the password', options: {}, takes: 'yes' },
    { name: 'OpenSSH asks for it', options: { sshdConfig: ['KbdInteractiveAuthentication yes'] }, takes: 'no' },
    { name: 'dropbear', options: { dropbear: true }, takes: 'yes' },
  ];
  describe.each(kinds)('$name', ({ options, takes }) => {
    let bench: LinuxBench;
    let driver: TargetDriver;
    let current: Secret;
    beforeAll(async () => {
      bench = await benchWith(options);
      if (takes === 'no') {
        await bench.host.exec("sed -i 's/^PasswordAuthentication yes/PasswordAuthentication no/' /etc/ssh/sshd_config");
        await bench.host.restart();
      }
      driver = driverFor('password', bench.settings);
    });
    afterAll(() => bench?.stop());
    beforeEach(async () => {
      current = freshPassword();
      await bench.host.run(`userdel -rf ${account}`);
      await bench.host.addUser({ name: account, password: passwordOf(current) });
    });
    const answerOf = async (secret: Secret) => (await driver.probe(account, secret, effectContext())).answer;

    test('the right password is accepted and a wrong one rejected, with every text', async () => {
      const property = fc.asyncProperty(text, async (said) => {
        await bench.host.writeFile('/etc/notice', said);
        expect([await answerOf(current), await answerOf(freshPassword())]).toEqual(['accepted', 'rejected']);
      });
      await fc.assert(property, runs);
    });

    test('an account that has expired is never accepted, and never barred by a text', async () => {
      if (options.dropbear === true) return;
      await bench.host.exec(`chage -E 1 ${account}`);
      const property = fc.asyncProperty(text, async (said) => {
        await bench.host.writeFile('/etc/notice', said);
        expect(['unknown', 'rejected']).toContain(await answerOf(current));
      });
      await fc.assert(property, { ...runs, numRuns: 5 });
    });

    test('a password that the account changes itself: said to be done only when it is, and to be none only when it is none', async () => {
      const outcomes: string[] = [];
      const property = fc.asyncProperty(text, async (said) => {
        await bench.host.writeFile('/etc/notice', said);
        const next = freshPassword();
        const via = { as: 'self', account, secret: current } as const;
        const outcome = await Promise.resolve(driver.change?.(account, via, next, effectContext())).then(
          () => 'done',
          (error: { effect: string }) => error.effect,
        );
        const opens = await tryLogin({ address: bench.host.address, user: account, password: passwordOf(next) });
        const works = takes === 'yes' ? opens === 'accepted' : (await answerOf(next)) === 'accepted';
        outcomes.push(outcome);
        if (outcome === 'done') expect(works).toBe(true);
        if (outcome === 'none') expect(works).toBe(false);
        if (works) current = next;
      });
      await fc.assert(property, { ...runs, numRuns: 8 });
      expect(outcomes).toContain('done');
    });
  });
});
