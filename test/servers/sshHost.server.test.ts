import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type SshHost, type SshHostOptions, startSshHost, startSshHosts } from '../harness/sshHost.js';
import { tryLogin } from '../harness/sshLogin.js';

const started: SshHost[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((host) => host.stop()));
});

async function host(options: SshHostOptions = {}): Promise<SshHost> {
  const made = await startSshHost(options);
  started.push(made);
  return made;
}

describe.each([{ dropbear: false }, { dropbear: true }])('a host (dropbear: $dropbear)', (daemon) => {
  it('accepts the password of its own account and refuses any other', async () => {
    const { address, addUser, setPassword, restart } = await host(daemon);
    await addUser({ name: 'svc', password: 'Old-one-1' });
    expect(await tryLogin({ address, user: 'svc', password: 'Old-one-1' })).toBe('accepted');
    expect(await tryLogin({ address, user: 'svc', password: 'New-one-2' })).toBe('refused');
    await setPassword('svc', 'New-one-2');
    await restart();
    expect(await tryLogin({ address, user: 'svc', password: 'New-one-2' })).toBe('accepted');
    expect(await tryLogin({ address, user: 'svc', password: 'Old-one-1' })).toBe('refused');
  });

  it('accepts an authorized key and refuses another', async () => {
    const { address, addUser, exec } = await host(daemon);
    await exec("ssh-keygen -q -t ed25519 -N '' -f /tmp/a && ssh-keygen -q -t ed25519 -N '' -f /tmp/b");
    await addUser({ name: 'svc', authorizedKeys: [(await exec('cat /tmp/a.pub')).trim()] });
    expect(await tryLogin({ address, user: 'svc', privateKey: await exec('cat /tmp/a') })).toBe('accepted');
    expect(await tryLogin({ address, user: 'svc', privateKey: await exec('cat /tmp/b') })).toBe('refused');
  });

  it('gives no answer while its daemon is down', async () => {
    const { address, addUser, stopDaemon, startDaemon } = await host(daemon);
    await addUser({ name: 'svc', password: 'Old-one-1' });
    await stopDaemon();
    expect(await tryLogin({ address, user: 'svc', password: 'Old-one-1' })).toBe('unknown');
    await startDaemon();
    expect(await tryLogin({ address, user: 'svc', password: 'Old-one-1' })).toBe('accepted');
  });
});

describe('hosts side by side', () => {
  it('share no accounts, and leave this machine alone', async () => {
    const before = readFileSync('/etc/shadow', 'utf8');
    const [first, second] = await startSshHosts({ count: 2, name: 'headend' });
    if (first === undefined || second === undefined) throw new Error('two hosts were asked for');
    started.push(first, second);
    await first.addUser({ name: 'svc', password: 'Old-one-1' });
    expect(await tryLogin({ address: second.address, user: 'svc', password: 'Old-one-1' })).toBe('refused');
    expect(first.hostKey).not.toBe(second.hostKey);
    expect(await second.exec('hostname')).toBe('headend-2\n');
    expect(await second.exec('ps -e -o comm=')).not.toContain('systemd');
    expect(readFileSync('/etc/shadow', 'utf8')).toBe(before);
  });

  it('may share their homes', async () => {
    const home = await mkdtemp(join(tmpdir(), 'relock-homes-'));
    const [first, second] = [await host({ home }), await host({ home })];
    await first.addUser({ name: 'svc', password: 'Old-one-1', authorizedKeys: ['# one file'] });
    await second.exec('useradd -M svc');
    expect(await second.readFile('/home/svc/.ssh/authorized_keys')).toBe('# one file\n');
    await rm(home, { recursive: true });
  });

  it('get a new host key on demand', async () => {
    const changed = await host();
    const hostKey = await changed.changeHostKey();
    expect(hostKey).not.toBe(changed.hostKey);
    const [ip, port] = changed.address.split(':');
    expect(await changed.exec(`ssh-keyscan -t ed25519 -p ${port} ${ip} 2>/dev/null | ssh-keygen -lf -`)).toContain(
      hostKey,
    );
  });
});

describe('accounts', () => {
  it('become root by sudo, with or without a password', async () => {
    const { addUser, run } = await host();
    await addUser({ name: 'asks', password: 'Old-one-1', sudo: 'password' });
    await addUser({ name: 'free', password: 'Old-one-1', sudo: 'nopasswd' });
    expect(await run('su asks -c \'sudo -S -p "" id -u\'', 'Old-one-1\n')).toMatchObject({ code: 0, stdout: '0\n' });
    expect(await run('su asks -c \'sudo -S -k -p "" id -u\'', 'wrong\n')).toMatchObject({ code: 1, stdout: '' });
    expect(await run("su free -c 'sudo -n id -u'")).toMatchObject({ code: 0, stdout: '0\n' });
  });

  it('meet a password policy, root included', async () => {
    const { addUser, run, shadowLine } = await host({ pwquality: 'retry=1 minlen=20 enforce_for_root' });
    await addUser({ name: 'svc' });
    const before = await shadowLine('svc');
    const refused = await run('chpasswd', 'svc:short-1\n');
    expect(refused.code).not.toBe(0);
    expect(await shadowLine('svc')).toBe(before);
    expect(await run('chpasswd', 'svc:Quite-long-9-plover-zinc\n')).toMatchObject({ code: 0 });
    expect(await shadowLine('svc')).not.toBe(before);
  });

  it('may be limited to SFTP', async () => {
    const sftpOnly = ['Match User drop', 'ChrootDirectory /srv/drop', 'ForceCommand internal-sftp'];
    const { address, addUser } = await host({ sshdConfig: sftpOnly });
    await addUser({ name: 'drop', password: 'Old-one-1' });
    // Its chroot is missing: the password is accepted all the same, the session ends.
    expect(await tryLogin({ address, user: 'drop', password: 'Old-one-1' })).toBe('accepted');
    expect(await tryLogin({ address, user: 'drop', password: 'wrong' })).toBe('refused');
  });

  it('whose password has expired are still let in, to change it', async () => {
    const { address, addUser, exec } = await host();
    await addUser({ name: 'svc', password: 'Old-one-1' });
    await exec('chage -d 0 svc');
    expect(await tryLogin({ address, user: 'svc', password: 'Old-one-1' })).toBe('accepted');
    expect(await tryLogin({ address, user: 'svc', password: 'wrong' })).toBe('refused');
  });

  it('are locked by pam_faillock where it is configured', async () => {
    const pamAuth = [
      'auth required pam_faillock.so preauth deny=2 nodelay',
      'auth [success=2 default=ignore] pam_unix.so nodelay',
      'auth [default=die] pam_faillock.so authfail deny=2 nodelay',
    ];
    const { address, addUser } = await host({ pamAuth });
    await addUser({ name: 'svc', password: 'Old-one-1' });
    for (const password of ['wrong', 'wrong']) await tryLogin({ address, user: 'svc', password });
    expect(await tryLogin({ address, user: 'svc', password: 'Old-one-1' })).toBe('refused');
  });
});
