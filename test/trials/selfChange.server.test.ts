import { describe, expect, onTestFinished, test } from 'vitest';
import { type SshHost, type SshHostOptions, startSshHost } from '../harness/sshHost.js';
import { tryLogin } from '../harness/sshLogin.js';
import { credential, startTrial } from './trial.js';

const account = 'itron-svc';
const old = '0ld-Secret.of-the_vendor';
const patience = 'effectMs: 20000, probeAgainMs: 200, settleDeadlineMs: 60000, stragglerMs: 1000';

/** Hosts without a management login: the account changes its own password on both. */
async function twoHosts(ofSecond: SshHostOptions = {}) {
  const [first, second] = await Promise.all([startSshHost(), startSshHost(ofSecond)]);
  onTestFinished(async () => void (await Promise.all([first.stop(), second.stop()])));
  for (const host of [first, second]) await host.addUser({ name: account, password: old });
  const trial = await startTrial({
    targets: [first, second].map(
      ({ address, hostKey }, index) =>
        `gateway-${index + 1}: { type: linux, address: "${address}", hostKey: "${hostKey}", settleMs: 500 }`,
    ),
    entry: `kind: password, account: ${account}, targets: [gateway-1, gateway-2]`,
    timing: patience,
  });
  onTestFinished(trial.stop);
  await trial.mount.personWrites(credential, { username: account, password: old });
  return { first, second, trial };
}

const opens = (host: SshHost, password: string) => tryLogin({ address: host.address, user: account, password });

describe('an account that changes itself on two hosts, and the second refuses', { timeout: 120_000 }, () => {
  test('T40 a minimum age there: seen by check and dry run, and before the first host is told', async () => {
    const { first, second, trial } = await twoHosts();
    await first.exec(`chage -m 7 -d 2020-01-01 ${account}`);
    await second.exec(`chage -m 7 ${account}`);
    const before = [await first.shadowLine(account), await second.shadowLine(account)];
    const text = `${second.address}: the password was changed too recently for the account to change it itself`;
    expect(await trial.check()).toEqual([expect.stringContaining(text)]);
    expect(await trial.dryRun()).toEqual([expect.stringContaining(text)]);
    for (const policy of ['restore', 'forward'] as const) {
      const ended = await trial.rotate(policy);
      expect(ended).toMatchObject({ end: 'untouched(refused)', exposed: true, open: false, logins: 2 });
      expect(ended.causes).toEqual([expect.stringContaining(`gateway-2: ${text}`)]);
    }
    expect([await first.shadowLine(account), await second.shadowLine(account)]).toEqual(before);
    expect([await opens(first, old), await opens(second, old)]).toEqual(['accepted', 'accepted']);
    await second.exec(`chage -d 2020-01-01 ${account}`);
    expect([await trial.check(), await trial.dryRun()]).toEqual([[], []]);
    const ended = await trial.rotate('restore');
    // Only a management login could end sessions: nobody waits for that either.
    expect(ended).toMatchObject({ end: 'replaced(sessions)', logins: 8 });
    expect([await opens(first, old), await opens(second, old)]).toEqual(['refused', 'refused']);
  });

  test('T40 a rule that nobody can foresee, and the first cannot go back: both named, nobody waits', async () => {
    const { first, second, trial } = await twoHosts({ pwquality: 'retry=1 minlen=200' });
    await first.exec(`chage -m 7 -d 2020-01-01 ${account}`);
    expect(await trial.check()).toEqual([]);
    const begun = Date.now();
    const ended = await trial.rotate('restore');
    expect(Date.now() - begun).toBeLessThan(40_000);
    expect(ended).toMatchObject({ end: 'unverified(refused)', exposed: true, open: true });
    expect(ended.logins).toBeLessThanOrEqual(8);
    expect(ended.causes).toEqual([
      expect.stringMatching(
        /^gateway-1 takes only the new secret, and readers still get the old one: they are locked out there; .*changed too recently/,
      ),
      expect.stringMatching(
        /^gateway-2: .*`passwd` does not take the present password or the new one; nothing was changed/,
      ),
    ]);
    expect(await opens(first, old)).toBe('refused');
    expect(await opens(second, old)).toBe('accepted');
    const { password } = (await trial.mount.readerSees(credential)) ?? {};
    expect(password).toBe(old);
  });
});
