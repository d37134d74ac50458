import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Login, TargetDriver } from '../../../src/contracts/targetDriver.js';
import type { Secret } from '../../../src/secret/secret.js';
import { effectContext } from '../../contract/targetDriver.harness.js';
import { freshKey, publicLine } from './keyHarness.js';
import { driverFor, type LinuxBench, startLinuxBench } from './linuxHarness.js';

const account = 'itron-sftp';
const path = `/home/${account}/.ssh/authorized_keys`;

async function change(driver: TargetDriver, via: Login, next: Secret, replacing?: Secret): Promise<void> {
  await driver.change?.(account, via, next, effectContext(), replacing);
}

describe('authorized_keys on a host', () => {
  let bench: LinuxBench;
  let driver: TargetDriver;
  let old: Secret;
  beforeAll(async () => {
    bench = await startLinuxBench({ management: 'root' });
    driver = driverFor('ssh-key', bench.settings);
  });
  afterAll(() => bench?.stop());
  beforeEach(async () => {
    old = freshKey();
    await bench.host.run(`userdel -rf ${account}`);
    await bench.host.addUser({ name: account, authorizedKeys: [publicLine(old)] });
  });

  it('options, comments, order, CRLF, a missing last line end, mode and owner stay byte for byte', async () => {
    const { host, management } = bench;
    const [next, other] = [freshKey('next'), freshKey('other')];
    const around = (mine: readonly string[]) =>
      ['# héad\r', '', 'garbage \u0001', ...mine, `from="10.0.0.0/8" ${publicLine(other)}`, ' # tail'].join('\n');
    const lead = 'restrict,command="echo \\"x y\\"" ';
    await host.writeFile(path, around([`${lead}${publicLine(old)}\r`]));
    await host.exec(`usermod -aG www-data ${account}; chmod 640 ${path}; chown ${account}:www-data ${path}`);
    await change(driver, management, next, old);
    expect(await host.readFile(path)).toBe(around([`${lead}${publicLine(old)}\r`, `${lead}${publicLine(next)}\r`]));
    await driver.retire?.(account, management, old, next, effectContext());
    expect(await host.readFile(path)).toBe(around([`${lead}${publicLine(next)}\r`]));
    expect((await host.exec(`stat -c '%a %U %G' ${path}`)).trim()).toBe(`640 ${account} www-data`);
    expect((await host.exec(`ls -A /home/${account}/.ssh`)).trim()).toBe('authorized_keys');
  });

  it('a file whose group the account could not keep is left alone without management', async () => {
    const { host } = bench;
    await host.exec(`chmod 640 ${path}; chown ${account}:www-data ${path}`);
    const before = await host.readFile(path);
    await expect(change(driver, { as: 'self', account, secret: old }, freshKey())).rejects.toMatchObject({
      code: 'Misconfigured',
      effect: 'none',
      message: expect.stringContaining('Give the target a management login'),
    });
    expect(await host.readFile(path)).toBe(before);
    expect((await host.exec(`ls -A /home/${account}/.ssh`)).trim()).toBe('authorized_keys');
  });

  it('H28: keys of one account that are changed at once all survive', async () => {
    const { host, management } = bench;
    const olds = [old, ...Array.from({ length: 5 }, () => freshKey())];
    await host.writeFile(path, `${olds.map(publicLine).join('\n')}\n`);
    const nexts = olds.map(() => freshKey());
    await Promise.all(olds.map((each, index) => change(driver, management, nexts[index] ?? each, each)));
    const file = await host.readFile(path);
    for (const key of [...olds, ...nexts]) expect(file).toContain(publicLine(key));
    expect(file.trim().split('\n')).toHaveLength(12);
  });

  it('a key whose predecessor is not there is not added without being told its options', async () => {
    const { host, management, settings } = bench;
    const before = await host.readFile(path);
    await expect(change(driver, management, freshKey(), freshKey())).rejects.toMatchObject({
      code: 'NotFound',
      effect: 'none',
    });
    await expect(change(driver, management, freshKey())).rejects.toMatchObject({ code: 'NotFound', effect: 'none' });
    expect(await host.readFile(path)).toBe(before);
    const told = driverFor('ssh-key', { ...settings, keyOptions: 'restrict' });
    const first = freshKey();
    await change(told, management, first);
    expect(await host.readFile(path)).toBe(`${before}restrict ${publicLine(first)}\n`);
  });

  it('H33: the first key of an account gets a file that sshd takes', async () => {
    const { host, management, settings } = bench;
    await host.exec(`rm -rf /home/${account}/.ssh`);
    const first = freshKey();
    await change(driverFor('ssh-key', { ...settings, keyOptions: '' }), management, first);
    expect((await driver.probe(account, first, effectContext())).answer).toBe('accepted');
    expect((await host.exec(`stat -c '%a %U' /home/${account}/.ssh ${path}`)).trim()).toBe(
      `700 ${account}\n600 ${account}`,
    );
  });

  it('retiring the old key when the new one is not there changes nothing: it would lock the account', async () => {
    const { management } = bench;
    const retire = driver.retire?.(account, management, old, freshKey(), effectContext());
    await expect(retire).rejects.toMatchObject({ code: 'Conflict', effect: 'none' });
    expect((await driver.probe(account, old, effectContext())).answer).toBe('accepted');
  });

  it.each(['.ssh/authorized_keys', path])(
    'a path that the account has turned elsewhere gets no root to write there (%s)',
    async (named) => {
      const { host, management, settings } = bench;
      const rootKey = publicLine(freshKey('root'));
      await host.writeFile('/root/.ssh/authorized_keys', `${rootKey}\n`);
      await host.exec(`rm -rf /home/${account}/.ssh && ln -s /root/.ssh /home/${account}/.ssh`);
      await host.exec('chmod 755 /root /root/.ssh && chmod 644 /root/.ssh/authorized_keys');
      const told = driverFor('ssh-key', { ...settings, keyOptions: '', authorizedKeysFile: named });
      await expect(change(told, management, freshKey())).rejects.toMatchObject({
        effect: 'none',
        message: expect.stringContaining('a symbolic link that the account may turn elsewhere'),
      });
      await host.exec('chmod 700 /root /root/.ssh');
      expect(await host.readFile('/root/.ssh/authorized_keys')).toBe(`${rootKey}\n`);
    },
  );

  it.each(['.ssh/authorized_keys', path])(
    'a folder that turns all the time gets no root elsewhere (%s)',
    async (named) => {
      const { host, management, settings } = bench;
      const rootKey = publicLine(freshKey('root'));
      await host.writeFile('/root/.ssh/authorized_keys', `${rootKey}\n`);
      await host.exec(`chmod 755 /root /root/.ssh && chown root:root ${path} && chmod 644 ${path}`);
      await host.exec(`ln -s /root/.ssh /home/${account}/link`);
      const turn =
        'while True:\n for pair in (".ssh", "mine"), ("link", ".ssh"), (".ssh", "link"), ("mine", ".ssh"): os.rename(*pair)';
      const asAccount = `setsid setpriv --reuid=${account} --clear-groups python3 -c 'import os\n${turn}'`;
      const turning = (await host.exec(`cd /home/${account} && { ${asAccount} >/dev/null 2>&1 & echo $!; }`)).trim();
      const told = driverFor('ssh-key', { ...settings, keyOptions: '', authorizedKeysFile: named });
      for (let attempt = 0; attempt < 6; attempt += 1)
        await change(told, management, freshKey()).catch(() => undefined);
      await host.exec(`kill -9 ${turning} && chmod 700 /root /root/.ssh`);
      expect(await host.readFile('/root/.ssh/authorized_keys')).toBe(`${rootKey}\n`);
      expect(await host.exec('ls -A /root/.ssh')).toBe('authorized_keys\n');
    },
  );

  it('a file outside the home is edited where the settings say, as root', async () => {
    const { host, management, settings } = bench;
    const central = `/etc/ssh/keys/${account}`;
    await host.writeFile(central, `${publicLine(old)}\n`);
    const next = freshKey();
    const outside = driverFor('ssh-key', { ...settings, authorizedKeysFile: '/etc/ssh/keys/%u' });
    await change(outside, management, next, old);
    expect(await host.readFile(central)).toBe(`${publicLine(old)}\n${publicLine(next)}\n`);
    expect(await host.readFile(path)).toBe(`${publicLine(old)}\n`);
  });
});

describe('two hosts with one shared home', () => {
  it('the second one finds the change done', async () => {
    const home = await mkdtemp(join(tmpdir(), 'relock-home-'));
    await chmod(home, 0o755);
    const benches = await Promise.all([1, 2].map(() => startLinuxBench({ management: 'root', home })));
    try {
      const [old, next] = [freshKey(), freshKey()];
      const [first, second] = benches;
      await first?.host.addUser({ name: account, authorizedKeys: [publicLine(old)] });
      await second?.host.exec(`useradd -M -d /home/${account} -u $(stat -c %u /home/${account}) ${account}`);
      for (const { settings, management } of benches) {
        const driver = driverFor('ssh-key', settings);
        await change(driver, management, next, old);
        expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
      }
      expect(await first?.host.readFile(path)).toBe(`${publicLine(old)}\n${publicLine(next)}\n`);
      for (const { settings, management } of benches) {
        const driver = driverFor('ssh-key', settings);
        await driver.retire?.(account, management, old, next, effectContext());
        expect((await driver.probe(account, old, effectContext())).answer).toBe('rejected');
      }
    } finally {
      await Promise.all(benches.map((each) => each.stop()));
      await rm(home, { recursive: true, force: true });
    }
  });
});

describe('accounts that may use SFTP and nothing else', () => {
  const sftpOnly = ['Match User itron-sftp', '  ForceCommand internal-sftp', '  AllowTcpForwarding no'];
  let bench: LinuxBench;
  let driver: TargetDriver;
  beforeAll(async () => {
    bench = await startLinuxBench({ management: 'sudo', sshdConfig: sftpOnly, settings: { sftpOnly: true } });
    driver = driverFor('ssh-key', bench.settings);
  });
  afterAll(() => bench?.stop());

  it.each(['management', 'self'] as const)('are changed by %s and probed by the subsystem', async (by) => {
    const { host, management } = bench;
    const [old, next] = [freshKey(), freshKey()];
    await host.run(`userdel -rf ${account}`);
    await host.addUser({ name: account, shell: '/usr/sbin/nologin', authorizedKeys: [`restrict ${publicLine(old)}`] });
    await host.exec(`chmod 644 ${path}`);
    const via = (secret: Secret): Login => (by === 'management' ? management : { as: 'self', account, secret });
    await change(driver, via(old), next, old);
    expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
    await driver.retire?.(account, via(next), old, next, effectContext());
    expect((await driver.probe(account, old, effectContext())).answer).toBe('rejected');
    expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
    expect(await host.readFile(path)).toBe(`restrict ${publicLine(next)}\n`);
    expect((await host.exec(`stat -c '%a %U' ${path}; ls -A /home/${account}/.ssh`)).trim()).toBe(
      `644 ${account}\nauthorized_keys`,
    );
  });

  it("in a chroot that is root's, by management", async () => {
    const { host, management } = bench;
    const [old, next] = [freshKey(), freshKey()];
    await host.run(`userdel -rf ${account}`);
    await host.addUser({ name: account, shell: '/usr/sbin/nologin', authorizedKeys: [publicLine(old)] });
    await host.exec(`chown root:root /home/${account} && chmod 755 /home/${account}`);
    await host.exec(`chown -R root:root /home/${account}/.ssh && chmod 755 /home/${account}/.ssh && chmod 644 ${path}`);
    await change(driver, management, next, old);
    expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
    expect((await host.exec(`stat -c '%a %U' ${path}`)).trim()).toBe('644 root');
  });
});
