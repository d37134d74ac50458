import { describe, expect, onTestFinished, test } from 'vitest';
import { type SshHost, type SshHostOptions, startSshHost } from '../harness/sshHost.js';
import { tryLogin } from '../harness/sshLogin.js';
import { hostTrial, rootPassword } from './hostTrial.js';
import { credential, nobody, type Trial } from './trial.js';

const account = 'itron-svc';
const old = '0ld-Secret.of-the_vendor';

interface Door {
  readonly host: SshHost;
  readonly trial: Trial;
}

async function doorWith(options: SshHostOptions, kind = 'password'): Promise<Door> {
  const host = await startSshHost(options);
  onTestFinished(() => host.stop());
  await host.setPassword('root', rootPassword);
  await host.addUser({ name: account, password: old });
  const trial = await hostTrial(host, { kind, account, secret: { password: old }, settings: ', settleMs: 500' });
  return { host, trial };
}

const opens = (host: SshHost, password: string) => tryLogin({ address: host.address, user: account, password });

async function takesPasswords(host: SshHost, word: 'yes' | 'no'): Promise<void> {
  await host.exec(`sed -i 's/^PasswordAuthentication .*/PasswordAuthentication ${word}/' /etc/ssh/sshd_config`);
  await host.restart();
}

describe('what a device prints is no answer', { timeout: 120_000 }, () => {
  test.each([
    'Unauthorised use of this system is against the law.',
    'Please repeat: authorised users only. Your old password is void.',
    'New password rules: again, see the intranet.',
  ])('T18 a notice before the password prompt, asked by questions only: %s', async (notice) => {
    const { host, trial } = await doorWith({
      sshdConfig: ['KbdInteractiveAuthentication yes'],
      pamAuth: ['auth optional pam_echo.so file=/etc/notice'],
      files: { '/etc/notice': `${notice}\n` },
    });
    await takesPasswords(host, 'no');
    await host.exec(
      'printf "#!/bin/sh\\ncat >/dev/null\\nexit 0\\n" > /usr/local/sbin/nothing && chmod 755 /usr/local/sbin/nothing',
    );
    const lying = await host.run('mount --bind /usr/local/sbin/nothing /usr/sbin/chpasswd');
    expect(lying.code).toBe(0);
    const ended = await trial.rotate('forward', nobody);
    expect(ended).toMatchObject({ end: 'untouched(notTaken)', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining('headend')]);
    expect(await trial.mount.readerSees(credential)).toMatchObject({ password: old });
    await host.exec('umount /usr/sbin/chpasswd');
    expect((await trial.rotate('forward')).end).toBe('rotated');
    await takesPasswords(host, 'yes');
    const now = String((await trial.mount.readerSees(credential))?.password);
    expect([await opens(host, now), await opens(host, old)]).toEqual(['accepted', 'refused']);
  });

  test('T20 a static banner that speaks of locked accounts bars nobody', async () => {
    const { host, trial } = await doorWith({
      sshdConfig: ['Banner /etc/issue.net'],
      files: { '/etc/issue.net': 'If your account is locked or your account has expired, call 555-0100.\n' },
    });
    expect((await trial.rotate('forward')).end).toBe('rotated');
    expect(await opens(host, old)).toBe('refused');
  });

  test('T13 MaxAuthTries 1: a refusal that ends the connection is one, and is asked for once', async () => {
    const { host, trial } = await doorWith({ sshdConfig: ['MaxAuthTries 1'] });
    const ended = await trial.rotate('forward');
    expect(ended.end).toBe('rotated');
    expect(ended.logins).toBeLessThanOrEqual(4);
    expect(await opens(host, old)).not.toBe('accepted');
  });
});
