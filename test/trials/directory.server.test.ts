import { describe, expect, onTestFinished, test } from 'vitest';
import { generateKey } from '../../src/secret/generateKey.js';
import { Secret } from '../../src/secret/secret.js';
import { effectContext } from '../contract/targetDriver.harness.js';
import { addExtraUser, useExtraUsers } from '../harness/extraUsers.js';
import { startSshHost } from '../harness/sshHost.js';
import { tryLogin } from '../harness/sshLogin.js';
import { openStockSession } from '../harness/sshSession.js';
import { driverFor } from '../targets/linux/linuxHarness.js';
import { hostTrial, rootPassword } from './hostTrial.js';
import { credential, nobody } from './trial.js';

const account = 'itron-dir';
const old = '0ld-Secret.of-the_vendor';

interface DoorOptions {
  readonly kind: 'password' | 'ssh-key';
  readonly stored?: string;
  readonly sudo?: boolean;
}

/** A host that knows the account by NSS only. */
async function doorWith({ kind, stored = old, sudo = false }: DoorOptions) {
  const host = await startSshHost();
  onTestFinished(() => host.stop());
  await useExtraUsers(host);
  const key = await generateKey('ed25519', 'old');
  await addExtraUser(host, {
    name: account,
    uid: 5001,
    password: kind === 'password' ? old : null,
    authorizedKeys: [`no-agent-forwarding ${key.reveal('public_key')}`],
  });
  await host.setPassword('root', rootPassword);
  if (sudo) await host.addUser({ name: 'relock', password: rootPassword, sudo: 'nopasswd' });
  const secret = kind === 'password' ? { password: stored } : key.revealAll();
  const manager = sudo ? 'relock' : 'root';
  const trial = await hostTrial(host, { kind, account, secret, manager, settings: ', settleMs: 500' });
  const file = `/home/${account}/.ssh/authorized_keys`;
  const opens = (privateKey: string) => tryLogin({ address: host.address, user: account, privateKey });
  return { host, trial, key, file, opens };
}

describe('an account that only NSS knows', { timeout: 120_000 }, () => {
  test.each([false, true])('T33 its key is replaced, and its sessions end (sudo: %s)', async (sudo) => {
    const { host, trial, key, file, opens } = await doorWith({ kind: 'ssh-key', sudo });
    const privateKey = key.reveal('private_key');
    const session = await openStockSession({ address: host.address, user: account, privateKey });
    expect([await trial.check(), await trial.warnings(), await trial.dryRun()]).toEqual([[], [], []]);
    expect(await trial.rotate('forward')).toMatchObject({ end: 'rotated', exposed: false });
    const now = await trial.mount.readerSees(credential);
    expect([await opens(String(now?.private_key)), await opens(privateKey)]).toEqual(['accepted', 'refused']);
    expect(await host.readFile(file)).toBe(`no-agent-forwarding ${now?.public_key}\n`);
    expect((await host.exec(`stat -c '%a %u %g' ${file}`)).trim()).toBe('600 5001 5001');
    expect(await session.alive()).toBe(false);
    await session.close();
  });

  test('T33 what keeps it out is told as of any account', async () => {
    const { host, trial, opens, key } = await doorWith({ kind: 'ssh-key' });
    await host.exec("sed -i 's/:::$/::1:/' /var/lib/extrausers/shadow");
    const text = 'the account has expired';
    expect(await trial.check()).toEqual([expect.stringContaining(text)]);
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ end: 'untouched(barred)', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining(text)]);
    expect(await opens(key.reveal('private_key'))).not.toBe('accepted');
  });

  test('T33 it cannot be suspended from here, and nothing is changed', async () => {
    const { host } = await doorWith({ kind: 'ssh-key' });
    const driver = driverFor('ssh-key', { address: host.address, hostKey: host.hostKey });
    const via = { as: 'management', account: 'root', secret: Secret.of({ password: rootPassword }) } as const;
    await expect(driver.suspend?.(account, via, effectContext())).rejects.toMatchObject({
      code: 'Unsupported',
      effect: 'none',
      message: expect.stringContaining('nor suspend the account from here'),
    });
    await driver.reinstate?.(account, via, effectContext());
    expect((await host.run('ls /etc/relock')).code).not.toBe(0);
  });

  test('T33 its password is set by the directory: check, dry run and rotation say so, and nothing is changed', async () => {
    const { host, trial } = await doorWith({ kind: 'password' });
    const state = () => host.exec('cat /etc/passwd /etc/shadow /var/lib/extrausers/*; ls -A /etc');
    const before = await state();
    const text = `its password is not kept on this host: /etc/shadow has no line of the account, because a directory`;
    expect(await trial.check()).toEqual([expect.stringContaining(text)]);
    expect(await trial.dryRun()).toEqual([expect.stringContaining(text)]);
    for (const policy of ['restore', 'forward', 'disable'] as const) {
      const ended = await trial.rotate(policy);
      expect(ended).toMatchObject({ state: 'untouched', exposed: true, open: false });
      expect(ended.causes).toEqual([expect.stringContaining(text)]);
    }
    expect(await state()).toBe(before);
    expect(await tryLogin({ address: host.address, user: account, password: old })).toBe('accepted');
    expect((await trial.mount.readerSees(credential))?.password).toBe(old);
  });

  test('T33 a wrong password of it is no barred account', async () => {
    const { trial } = await doorWith({ kind: 'password', stored: 'Some-other.secret_1' });
    // What check says before is the greater obstacle, and a dry run then spends no login.
    expect(await trial.rotate('restore', nobody)).toMatchObject({ end: 'untouched(drift)', exposed: true });
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ state: 'untouched', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining('its password is not kept on this host')]);
  });
});

test('T33 an account of /etc/passwd without a line in /etc/shadow', async () => {
  const { host, trial } = await doorWith({ kind: 'password' });
  await host.exec('cat /var/lib/extrausers/passwd >> /etc/passwd && rm /var/lib/extrausers/shadow');
  const text = '/etc/passwd has the account, and /etc/shadow has no line of it';
  expect(await trial.check()).toEqual([expect.stringContaining(text)]);
});

test('T33 an account that nobody knows does not exist', async () => {
  const { host, trial } = await doorWith({ kind: 'ssh-key' });
  await host.exec('truncate -s 0 /var/lib/extrausers/passwd');
  expect(await trial.check()).toEqual([expect.stringContaining('the account does not exist there')]);
});
