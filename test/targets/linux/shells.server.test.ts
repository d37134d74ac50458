import { access } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Login, TargetDriver } from '../../../src/contracts/targetDriver.js';
import type { Secret } from '../../../src/secret/secret.js';
import { installDebianPackages } from '../../../src/servers/debian.js';
import { effectContext } from '../../contract/targetDriver.harness.js';
import { tryLogin } from '../../harness/sshLogin.js';
import { freshKey, publicLine } from './keyHarness.js';
import {
  driverFor,
  freshPassword,
  type LinuxBench,
  type Management,
  passwordOf,
  startLinuxBench,
} from './linuxHarness.js';

const account = 'itron-svc';

/** A shell and its Debian package. */
const shells = {
  '/bin/tcsh': 'tcsh',
  '/usr/bin/fish': 'fish',
  '/bin/zsh': 'zsh',
  '/bin/mksh': 'mksh',
  '/bin/dash': 'dash',
} as const;

beforeAll(async () => {
  const missing: string[] = [];
  for (const [shell, name] of Object.entries(shells)) await access(shell).catch(() => missing.push(name));
  if (missing.length > 0) await installDebianPackages(missing);
});

async function accountOn({ host }: LinuxBench, shell = '/bin/bash'): Promise<{ password: Secret; key: Secret }> {
  const [password, key] = [freshPassword(), freshKey()];
  await host.run(`userdel -rf ${account}`);
  const authorizedKeys = ['# kept', `no-agent-forwarding ${publicLine(key)}`];
  await host.addUser({ name: account, password: passwordOf(password), shell, authorizedKeys });
  return { password, key };
}

/** A password and a key are changed, the old ones are dead, and nothing is lost on the way. */
async function expectChanges(bench: LinuxBench, viaOf: (secret: Secret) => Login, shell?: string): Promise<void> {
  const { host, settings } = bench;
  const { password, key } = await accountOn(bench, shell);
  const [newPassword, newKey] = [freshPassword(), freshKey()];
  const [passwords, keys] = [driverFor('password', settings), driverFor('ssh-key', settings)];
  await passwords.change?.(account, viaOf(password), newPassword, effectContext(), password);
  await keys.change?.(account, viaOf(key), newKey, effectContext(), key);
  await keys.retire?.(account, viaOf(newKey), key, newKey, effectContext());
  const login = (secret: Secret) =>
    tryLogin({
      address: host.address,
      user: account,
      ...(secret.has('password') ? { password: passwordOf(secret) } : { privateKey: secret.reveal('private_key') }),
    });
  expect(await Promise.all([newPassword, password, newKey, key].map(login))).toEqual([
    'accepted',
    'refused',
    'accepted',
    'refused',
  ]);
  expect(await host.readFile(`/home/${account}/.ssh/authorized_keys`)).toBe(
    `# kept\nno-agent-forwarding ${publicLine(newKey)}\n`,
  );
}

describe.each(Object.keys(shells))('T21 the login shell is %s', (shell) => {
  let bench: LinuxBench;
  beforeAll(async () => {
    bench = await startLinuxBench({ management: 'sudo' });
  });
  afterAll(() => bench?.stop());

  test('of the management login', async () => {
    await bench.host.exec(`chsh -s ${shell} ops`);
    expect(
      await driverFor('ssh-key', bench.settings).check(
        (await accountOn(bench)) && account,
        bench.management,
        effectContext(),
      ),
    ).toEqual([]);
    await expectChanges(bench, () => bench.management);
  });

  test('of the account, which changes its secrets itself', async () => {
    await expectChanges(bench, (secret) => ({ as: 'self', account, secret }), shell);
  });
});

describe.each<Management>(['sudo', 'sudo with password'])('T10 sudo wants a terminal: %s', (management) => {
  let bench: LinuxBench;
  let driver: TargetDriver;
  beforeAll(async () => {
    bench = await startLinuxBench({ management });
    driver = driverFor('ssh-key', bench.settings);
  });
  afterAll(() => bench?.stop());

  test.each(['requiretty', 'requiretty, use_pty', 'requiretty, lecture=always', 'requiretty, timestamp_timeout=0'])(
    'Defaults %s',
    async (defaults) => {
      await bench.host.writeFile('/etc/sudoers.d/zz-terminal', `Defaults ${defaults}\n`);
      await expectChanges(bench, () => bench.management);
    },
  );

  test('no byte of a list of keys changes on its way through the terminal, and 300 kB pass', async () => {
    const { host } = bench;
    await host.writeFile('/etc/sudoers.d/zz-terminal', 'Defaults requiretty, use_pty\n');
    const { key } = await accountOn(bench);
    const path = `/home/${account}/.ssh/authorized_keys`;
    const odd = `# \u0001\u0003\u0004\u0011\u0013\u001a\u007f é\t tab\r\n#${'x'.repeat(5_000)}\n`.repeat(60);
    await host.writeFile(path, `${odd}${publicLine(key)}\n`);
    const next = freshKey();
    await driver.change?.(account, bench.management, next, effectContext(30_000), key);
    expect(await host.readFile(path)).toBe(`${odd}${publicLine(key)}\n${publicLine(next)}\n`);
  });

  test('a wrong password of sudo is told, and nothing is changed', async () => {
    if (management === 'sudo') return;
    const { host } = bench;
    await host.writeFile('/etc/sudoers.d/zz-terminal', 'Defaults requiretty, timestamp_timeout=0, rootpw\n');
    const { key } = await accountOn(bench);
    const change = driver.change?.(account, bench.management, freshKey(), effectContext(), key);
    await expect(change).rejects.toMatchObject({ code: 'Unauthorized', effect: 'none' });
  });

  test('no secret is echoed: neither the password of sudo nor the new one comes back', async () => {
    const { host } = bench;
    await host.writeFile(
      '/etc/sudoers.d/zz-terminal',
      'Defaults requiretty, log_output, log_input, iolog_dir=/var/log/sudo-io\n',
    );
    await accountOn(bench);
    const next = freshPassword();
    await driverFor('password', bench.settings).change?.(account, bench.management, next, effectContext());
    const shown = await host.run(
      'cat $(find /var/log/sudo-io -name ttyout -o -name stdout) /dev/null | (zcat -f || true)',
    );
    expect(shown.stdout).toContain('relock-ready');
    expect(shown.stdout).not.toContain(passwordOf(next));
    expect(shown.stdout).not.toContain(passwordOf(bench.management.secret));
  });
});

describe('T34 what a shell prints at its start', () => {
  let bench: LinuxBench;
  beforeAll(async () => {
    bench = await startLinuxBench({ management: 'sudo' });
  });
  afterAll(() => bench?.stop());

  const noise = {
    'a title without a line end': 'printf "\\033]0;ops\\007"',
    'lines, one without an end': 'echo Welcome; printf "Have a nice day"',
    'the words that a script of ours is ready with':
      'echo relock-ready; printf relock-ready-; printf "relock-ready x "',
    'a prompt of sudo': 'echo "relock-sudo>" >&2',
    'every command that it runs': 'set -v',
    '200 kB': 'head -c 200000 /dev/zero | tr "\\0" x',
  };
  test.each(Object.entries(noise))('%s', async (_, line) => {
    const { host } = bench;
    await host.writeFile('/home/ops/.bashrc', `${line}\n`);
    await host.exec('chown ops /home/ops/.bashrc');
    await expectChanges(bench, () => bench.management);
    await host.writeFile('/etc/sudoers.d/zz-terminal', 'Defaults requiretty\n');
    await expectChanges(bench, () => bench.management);
    await host.exec('rm /etc/sudoers.d/zz-terminal; echo > /home/ops/.bashrc');
  });

  test('of an account with tcsh that changes its own secrets', async () => {
    const { host } = bench;
    await host.writeFile('/etc/skel/.tcshrc', 'printf "\\033]0;svc\\007"\necho -n Welcome\n');
    await expectChanges(bench, (secret) => ({ as: 'self', account, secret }), '/bin/tcsh');
    await host.exec('rm /etc/skel/.tcshrc');
  });
});

describe('T42 MaxSessions 1', () => {
  let bench: LinuxBench;
  beforeAll(async () => {
    bench = await startLinuxBench({ management: 'sudo', sshdConfig: ['MaxSessions 1'] });
  });
  afterAll(() => bench?.stop());

  test('by management, by the account itself, and where sudo wants a terminal', async () => {
    await expectChanges(bench, () => bench.management);
    await expectChanges(bench, (secret) => ({ as: 'self', account, secret }));
    await bench.host.writeFile('/etc/sudoers.d/zz-terminal', 'Defaults requiretty\n');
    await expectChanges(bench, () => bench.management);
  });

  test('over SFTP, three times', async () => {
    const { host, settings } = bench;
    const { key } = await accountOn(bench);
    const driver = driverFor('ssh-key', { ...settings, sftpOnly: true });
    const nexts = [freshKey(), freshKey(), freshKey()];
    for (const next of nexts) {
      await driver.change?.(account, { as: 'self', account, secret: key }, next, effectContext(), key);
      expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
    }
    const file = await host.readFile(`/home/${account}/.ssh/authorized_keys`);
    for (const next of nexts) expect(file).toContain(publicLine(next));
  });
});

describe('T38 long lists of keys', { timeout: 120_000 }, () => {
  let bench: LinuxBench;
  beforeAll(async () => {
    bench = await startLinuxBench({ management: 'sudo' });
  });
  afterAll(() => bench?.stop());
  const path = `/home/${account}/.ssh/authorized_keys`;
  const lineOf = (size: number) => `# ${'x'.repeat(98)}\n`.repeat(Math.floor(size / 101));
  const ways = ['management', 'self', 'sftp'] as const;
  const change = (way: (typeof ways)[number], key: Secret, next: Secret) => {
    const driver = driverFor('ssh-key', { ...bench.settings, sftpOnly: way === 'sftp' });
    const via: Login = way === 'management' ? bench.management : { as: 'self', account, secret: key };
    return driver.change?.(account, via, next, effectContext(60_000), key);
  };

  test.each(ways)('3.9 MB, by %s', async (way) => {
    const { key } = await accountOn(bench);
    const list = `${lineOf(3_900_000)}${publicLine(key)}\n`;
    await bench.host.writeFile(path, list);
    const next = freshKey();
    await change(way, key, next);
    expect(await bench.host.exec(`sha256sum < ${path}`)).toBe(
      await bench.host.exec('sha256sum', `${list}${publicLine(next)}\n`),
    );
  });

  test.each(ways)('more than 4 MB, by %s: said, and left alone', async (way) => {
    const { key } = await accountOn(bench);
    const list = `${publicLine(key)}\n${lineOf(4_300_000)}`;
    await bench.host.writeFile(path, list);
    await expect(change(way, key, freshKey())).rejects.toMatchObject({
      code: 'Unsupported',
      effect: 'none',
      message: expect.stringContaining('the key file is larger than 4 MB'),
    });
    expect(Number(await bench.host.exec(`stat -c %s ${path}`))).toBe(list.length);
  });
});
