import { describe, expect, onTestFinished, test } from 'vitest';
import { generateKey } from '../../src/secret/generateKey.js';
import { Secret } from '../../src/secret/secret.js';
import { installDebianPackages } from '../../src/servers/debian.js';
import { effectContext } from '../contract/targetDriver.harness.js';
import { type SshHost, startSshHost } from '../harness/sshHost.js';
import { tryLogin } from '../harness/sshLogin.js';
import { driverFor } from '../targets/linux/linuxHarness.js';
import { hostTrial, rootPassword } from './hostTrial.js';
import { nobody, type Trial } from './trial.js';

const account = 'itron-svc';
const old = '0ld-Secret.of-the_vendor';
const keys = `/home/${account}/.ssh`;

interface Door {
  readonly host: SshHost;
  readonly trial: Trial;
  /** All that a change could have changed, and whether the old secret still opens. */
  state(): Promise<readonly string[]>;
}

async function doorWith(kind: 'password' | 'ssh-key', login: 'management' | 'self' = 'management'): Promise<Door> {
  const host = await startSshHost();
  onTestFinished(() => host.stop());
  const key = await generateKey('ed25519', 'old');
  await host.setPassword('root', rootPassword);
  await host.addUser({ name: account, password: old, authorizedKeys: [key.reveal('public_key')] });
  const secret = kind === 'password' ? { password: old } : key.revealAll();
  const manager = login === 'self' ? null : 'root';
  const trial = await hostTrial(host, { kind, account, secret, manager, settings: ', settleMs: 500' });
  const opened = kind === 'password' ? { password: old } : { privateKey: key.reveal('private_key') };
  const state = async () => [
    await host.shadowLine(account),
    await host.exec(`cat ${keys}/authorized_keys; ls -A ${keys} /etc | grep relock; true`),
    await tryLogin({ address: host.address, user: account, ...opened }),
  ];
  return { host, trial, state };
}

/** A file system of its own in the place of a folder, with all that was in it. */
async function ownFileSystem(host: SshHost, folder: string, mount: string): Promise<void> {
  await host.exec(`mkdir /run/new && ${mount} /run/new && cp -a ${folder}/. /run/new`);
  await host.exec(`chmod --reference=${folder} /run/new && chown --reference=${folder} /run/new`);
  await host.exec(`mount --move /run/new ${folder}`);
}

const tmpfs = (options: string) => `mount -t tmpfs -o ${options} own`;
const ext4 = 'truncate -s 8M /run/disk && mkfs.ext4 -q /run/disk && mount -o loop /run/disk';
const btrfs = 'truncate -s 120M /run/disk && mkfs.btrfs -q /run/disk && mount -o loop /run/disk';

async function requireBtrfs(host: SshHost): Promise<void> {
  if ((await host.run('command -v mkfs.btrfs')).code !== 0) await installDebianPackages(['btrfs-progs']);
}

/** Processes below the SSH daemon get EACCES for every rename, as from a security policy: no mode shows it. */
async function denyRenames(host: SshHost): Promise<void> {
  const [load, ifEqual, answer, allow] = [0x20, 0x15, 0x00050000, 0x7fff0000];
  const renames = { rename: 82, renameat: 264, renameat2: 316 };
  const numbers = Object.values(renames);
  const steps = [
    [load, 0, 0, 0],
    ...numbers.map((number, index) => [ifEqual, numbers.length - index, 0, number]),
    [6, 0, 0, allow],
    [6, 0, 0, answer + 13],
  ];
  const program = `
    my $program = pack("(SCCL)*", ${steps.flat().join(', ')});
    my $filter = pack("Sx6P", ${steps.length}, $program);
    syscall(157, 22, 2, $filter) == 0 or die "prctl: $!";
    exec "/usr/sbin/sshd", "-E", "/var/log/sshd.log";`;
  await host.stopDaemon();
  await host.writeFile('/root/denied.pl', program);
  await host.exec('mkdir -p /run/sshd && perl /root/denied.pl');
  await expect.poll(async () => (await host.run('pgrep -x sshd')).code).toBe(0);
}

const told = {
  full: 'no space is left on the file system there, or no inode; nothing was changed',
  quota: 'the disk quota there is used up; nothing was changed',
  readOnly: 'the file system there is read-only; nothing was changed',
  notPermitted: 'the system does not permit the write (an immutable file or folder, or a security policy)',
  denied: 'the system denies the write (rights of the folder, or a security policy)',
} as const;

/** The cause in the target's own words, nothing changed, and `check` saying the same before where that can be seen. */
async function expectRefused({ host, trial, state }: Door, text: string, isSeen: boolean): Promise<void> {
  const before = await state();
  expect(before.at(-1)).toBe('accepted');
  const seen = [expect.stringContaining(`${host.address}: ${text}`)];
  expect(await trial.check()).toEqual(isSeen ? seen : []);
  for (const policy of ['restore', 'forward'] as const) {
    const ended = await (isSeen ? trial.rotate(policy) : trial.rotate(policy, nobody));
    expect(ended).toMatchObject({ end: 'untouched(refused)', exposed: true, open: false });
    expect(ended.causes).toEqual(seen);
  }
  expect(await state()).toEqual(before);
}

describe('T6 the list of keys cannot be written', { timeout: 120_000 }, () => {
  test.each([
    ['no space', tmpfs('size=64k'), `head -c 1000000 /dev/zero > ${keys}/full; true`, told.full, true],
    ['no inode', tmpfs('nr_inodes=4'), `touch ${keys}/a ${keys}/b ${keys}/c; true`, told.full, true],
    ['read-only', tmpfs('size=1m'), `mount -o remount,ro ${keys}`, told.readOnly, true],
    ['an immutable file', ext4, `chattr +i ${keys}/authorized_keys`, told.notPermitted, true],
    ['a file that may only grow', ext4, `chattr +a ${keys}/authorized_keys`, told.notPermitted, true],
    ['an immutable folder', ext4, `chattr +i ${keys}`, told.notPermitted, true],
    [
      'a quota that is used up',
      btrfs,
      `btrfs quota enable ${keys} && btrfs qgroup limit 1M ${keys} && su ${account} -c "head -c 4000000 /dev/urandom > ${keys}/full; sync"; true`,
      told.quota,
      false,
    ],
  ])('T6 %s', async (_, mount, spoil, text, isSeen) => {
    const door = await doorWith('ssh-key');
    if (mount === btrfs) await requireBtrfs(door.host);
    await ownFileSystem(door.host, keys, mount);
    await door.host.exec(spoil);
    await expectRefused(door, text, isSeen);
  });

  test('T6 a folder that its owner may not write: refused to the account itself, but not to root', async () => {
    const self = await doorWith('ssh-key', 'self');
    await self.host.exec(`chmod 500 ${keys}`);
    await expectRefused(self, told.denied, true);
    const managed = await doorWith('ssh-key');
    await managed.host.exec(`chmod 500 ${keys}`);
    expect(await managed.trial.check()).toEqual([]);
    expect((await managed.trial.rotate('restore')).end).toBe('rotated');
  });

  test.each(['management', 'self'] as const)('T6 a security policy that no mode shows, by %s', async (login) => {
    const door = await doorWith('ssh-key', login);
    await denyRenames(door.host);
    await expectRefused(door, told.denied, false);
  });
});

describe('T41 passwords cannot be written', { timeout: 120_000 }, () => {
  test.each([
    ['/etc is read-only', tmpfs('size=64m'), 'mount -o remount,ro /etc', told.readOnly],
    ['/etc is full', tmpfs('size=16m'), 'head -c 100000000 /dev/zero > /etc/full; true', told.full],
    ['/etc has no inode left', tmpfs('size=64m'), 'mount -o remount,nr_inodes=$(find /etc | wc -l) /etc', told.full],
    ['/etc/shadow is immutable', tmpfs('size=64m'), 'chattr +i /etc/shadow', told.notPermitted],
    ['/etc is immutable', tmpfs('size=64m'), 'chattr +i /etc', told.notPermitted],
  ])('T41 %s', async (_, mount, spoil, text) => {
    const door = await doorWith('password');
    await ownFileSystem(door.host, '/etc', mount);
    await door.host.exec(spoil);
    await expectRefused(door, text, true);
  });

  test.each([
    ['/etc is read-only', 'mount -o remount,ro /etc', told.readOnly],
    ['/etc/shadow is immutable', 'chattr +i /etc/shadow', told.notPermitted],
  ])('T41 suspending and reinstating: %s', async (_, spoil, text) => {
    const { host } = await doorWith('password');
    const driver = driverFor('password', { address: host.address, hostKey: host.hostKey });
    const via = { as: 'management', account: 'root', secret: Secret.of({ password: rootPassword }) } as const;
    const refused = { code: 'Refused', effect: 'none', message: expect.stringContaining(text) };
    await ownFileSystem(host, '/etc', tmpfs('size=64m'));
    const opens = () => tryLogin({ address: host.address, user: account, password: old });
    await host.exec(`cp -a /etc/shadow /root/shadow && ${spoil}`);
    await expect(driver.suspend?.(account, via, effectContext())).rejects.toMatchObject(refused);
    expect(await opens()).toBe('accepted');
    await host.exec('mount -o remount,rw /etc; chattr -i /etc/shadow');
    await driver.suspend?.(account, via, effectContext());
    await host.exec(spoil);
    await expect(driver.reinstate?.(account, via, effectContext())).rejects.toMatchObject(refused);
    expect(await opens()).not.toBe('accepted');
    await host.exec('mount -o remount,rw /etc; chattr -i /etc/shadow');
    await driver.reinstate?.(account, via, effectContext());
    expect([await opens(), await host.exec('diff /etc/shadow /root/shadow')]).toEqual(['accepted', '']);
  });

  test('T41 a security policy that no mode shows', async () => {
    const door = await doorWith('password');
    await denyRenames(door.host);
    await expectRefused(door, told.denied, false);
  });

  test.each([
    ['/etc is read-only', 'mount -o remount,ro /etc', told.readOnly],
    ['/etc is immutable', 'chattr +i /etc', told.notPermitted],
  ])('T41 by the account itself: %s', async (_, spoil, text) => {
    const door = await doorWith('password', 'self');
    await ownFileSystem(door.host, '/etc', tmpfs('size=64m'));
    await door.host.exec(spoil);
    await expectRefused(door, text, true);
  });
});
