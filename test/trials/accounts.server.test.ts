import { describe, expect, onTestFinished, test } from 'vitest';
import { generateKey } from '../../src/secret/generateKey.js';
import { type SshHostOptions, startSshHost } from '../harness/sshHost.js';
import { tryLogin } from '../harness/sshLogin.js';
import { hostTrial, rootPassword } from './hostTrial.js';
import type { Trial } from './trial.js';

const account = 'itron-svc';
const old = '0ld-Secret.of-the_vendor';

async function doorWith(options: SshHostOptions & { readonly kind?: string; readonly who?: string } = {}) {
  const { kind = 'password', who = account } = options;
  const host = await startSshHost(options);
  onTestFinished(() => host.stop());
  const key = await generateKey('ed25519', 'old');
  const authorizedKeys = [key.reveal('public_key')];
  await host.setPassword('root', who === 'root' ? old : rootPassword);
  await host.addUser({ name: account, password: old, authorizedKeys });
  await host.addUser({ name: 'relock', password: rootPassword, sudo: 'nopasswd' });
  const secret = kind === 'password' ? { password: old } : key.revealAll();
  const trial = await hostTrial(host, { kind, account: who, secret, manager: 'relock', settings: ', settleMs: 500' });
  return { host, trial, key };
}

/** check, a rotation under either policy: the same words, and nothing is changed. */
async function expectUnproved(trial: Trial, text: string, shadow: () => Promise<string>): Promise<void> {
  const before = await shadow();
  expect(await trial.check()).toEqual([expect.stringContaining(text)]);
  for (const policy of ['restore', 'forward'] as const) {
    const ended = await trial.rotate(policy);
    expect(ended).toMatchObject({ end: 'untouched(barred)', exposed: true, open: false });
    expect(ended.logins).toBeLessThanOrEqual(2);
    expect(ended.causes).toEqual([expect.stringContaining(text)]);
  }
  expect(await shadow()).toBe(before);
}

describe('an account whose password no login can prove', { timeout: 120_000 }, () => {
  test.each([
    ['DenyUsers', [`DenyUsers ${account}`], 'DenyUsers of sshd names it'],
    ['a pattern of DenyUsers', ['DenyUsers itron-*'], 'DenyUsers of sshd names it'],
    ['AllowUsers of others', ['AllowUsers relock root'], 'AllowUsers of sshd does not name it'],
    ['DenyGroups', [`DenyGroups ${account}`], 'DenyGroups of sshd names a group of it'],
    ['AllowGroups of others', ['AllowGroups relock'], 'AllowGroups of sshd names no group of it'],
    [
      'a Match block',
      [`Match User ${account}`, '  PasswordAuthentication no', '  KbdInteractiveAuthentication no'],
      'sshd takes no passwords',
    ],
  ])('T15 %s', async (_, sshdConfig, text) => {
    const { host, trial } = await doorWith({ sshdConfig });
    await expectUnproved(trial, text, () => host.shadowLine(account));
  });

  test('T15 PermitRootLogin prohibit-password', async () => {
    const { host, trial } = await doorWith({ who: 'root' });
    await host.exec("sed -i 's/^PermitRootLogin .*/PermitRootLogin prohibit-password/' /etc/ssh/sshd_config");
    await host.restart();
    await expectUnproved(trial, 'PermitRootLogin of sshd takes no password of root', () => host.shadowLine('root'));
  });

  test.each([
    ['a locked password', `usermod -L ${account}`, 'its password is locked'],
    ['an account that has expired', `chage -E 1 ${account}`, 'the account has expired'],
    ['a nologin file', 'touch /etc/nologin', 'a nologin file keeps everybody but root out'],
  ])('T15 %s', async (name, command, text) => {
    const { host, trial } = await doorWith();
    // A nologin file keeps the management login out as well: sudo needs no login, but that one does.
    await host.exec(command);
    if (name === 'a nologin file') {
      const ended = await trial.rotate('forward');
      expect(ended).toMatchObject({ state: 'untouched', exposed: true });
      expect(ended.causes).toEqual([expect.stringContaining('headend')]);
      expect(await trial.check()).toEqual([expect.any(String)]);
      return;
    }
    await expectUnproved(trial, text, () => host.shadowLine(account));
  });
});

describe('keys that sshd does not read', { timeout: 120_000 }, () => {
  test('T11 a home that a group may write, and StrictModes', async () => {
    const { host, trial, key } = await doorWith({ kind: 'ssh-key' });
    const keyFile = () => host.readFile(`/home/${account}/.ssh/authorized_keys`);
    await host.exec(`usermod -aG ${account} relock && chmod g+w /home/${account}`);
    await expectUnproved(trial, 'sshd (StrictModes) does not read keys there', keyFile);
    await host.exec(`chmod g-w /home/${account} && chmod o+w /home/${account}/.ssh`);
    await expectUnproved(trial, 'sshd (StrictModes) does not read keys there', keyFile);
    await host.exec(`chmod o-w /home/${account}/.ssh`);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    const opens = tryLogin({ address: host.address, user: account, privateKey: key.reveal('private_key') });
    expect(await opens).toBe('refused');
  });

  test.each([
    ['from= of others', 'from="203.0.113.7"'],
    ['a past expiry-time', 'expiry-time="20200101"'],
  ])('T39 the key has %s', async (_, options) => {
    const { host, trial, key } = await doorWith({ kind: 'ssh-key' });
    const file = `/home/${account}/.ssh/authorized_keys`;
    await host.exec(`cat > ${file}`, `${options} ${key.reveal('public_key')}\n`);
    const text = 'every key in its file is let in from named addresses only';
    expect(await trial.warnings()).toEqual([expect.stringContaining(text)]);
    for (const policy of ['restore', 'forward'] as const) {
      const ended = await trial.rotate(policy);
      expect(ended).toMatchObject({ end: 'untouched(barred)', exposed: true });
      expect(ended.causes).toEqual([expect.stringContaining(text)]);
    }
    expect(await host.readFile(file)).toBe(`${options} ${key.reveal('public_key')}\n`);
  });

  test('T35 the management login has a key, and a password that has expired', async () => {
    const { host, trial } = await doorWith();
    const management = await generateKey('ed25519', 'relock');
    await host.exec(
      'mkdir -m 700 ~relock/.ssh && cat > ~relock/.ssh/authorized_keys && chown -R relock ~relock/.ssh',
      `${management.reveal('public_key')}\n`,
    );
    await trial.mount.personWrites('mgmt/headend', management.revealAll());
    await host.exec('chage -d 0 relock');
    const text = 'the password of the management login has expired';
    expect(await trial.check()).toEqual([expect.stringContaining(text)]);
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ state: 'untouched', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining(text)]);
  });

  test('T31 a user certificate over the old key: check names it, and the end is not rotated', async () => {
    const { host, trial, key } = await doorWith({ kind: 'ssh-key' });
    await host.exec(
      'ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ca && echo TrustedUserCAKeys /etc/ssh/ca.pub >> /etc/ssh/sshd_config',
    );
    await host.restart();
    await host.writeFile('/root/old.pub', `${key.reveal('public_key')}\n`);
    await host.exec(`ssh-keygen -q -s /etc/ssh/ca -I vendor -n ${account} /root/old.pub`);
    expect(await trial.warnings()).toEqual([expect.stringContaining('TrustedUserCAKeys')]);
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ end: 'replaced(sessions)', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining('one that was signed over the old key still opens')]);
    const certificate = await host.readFile('/root/old-cert.pub');
    await host.writeFile('/root/old', key.reveal('private_key'));
    await host.exec('chmod 600 /root/old');
    const [ip, port] = host.address.split(':');
    const login = `ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes -i /root/old -p ${port} ${account}@${ip} true`;
    expect(certificate).toContain('ssh-ed25519-cert-v01@openssh.com');
    // The exposure is real: the old key alone is refused, with the certificate it opens.
    expect((await host.run(login)).code).toBe(0);
    await host.exec('rm /root/old-cert.pub');
    expect((await host.run(login)).code).not.toBe(0);
  });
});

test('T24 check names an account name with the same uid', async () => {
  const { host, trial } = await doorWith();
  await host.exec(`useradd -o -u $(id -u ${account}) -g $(id -g ${account}) -M twin`);
  expect(await trial.warnings()).toEqual([expect.stringContaining('another account name has the same uid')]);
});
