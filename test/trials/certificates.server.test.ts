import { describe, expect, onTestFinished, test } from 'vitest';
import { generateKey } from '../../src/secret/generateKey.js';
import { Secret } from '../../src/secret/secret.js';
import { effectContext } from '../contract/targetDriver.harness.js';
import { type SshHost, startSshHost } from '../harness/sshHost.js';
import { driverFor } from '../targets/linux/linuxHarness.js';
import { hostTrial, rootPassword } from './hostTrial.js';
import { credential } from './trial.js';

const account = 'itron-sftp';
const list = '/etc/ssh/revoked';

interface DoorOptions {
  readonly form: 'text' | 'KRL';
  readonly settings?: string;
}

/** A host that takes certificates of a CA, and has a list of revoked keys with a stranger's in it. */
async function doorWith({ form, settings = ', revokedKeys: true' }: DoorOptions) {
  const host = await startSshHost();
  onTestFinished(() => host.stop());
  const [key, stranger] = [await generateKey('ed25519', 'old'), await generateKey('ed25519', 'stranger')];
  await host.setPassword('root', rootPassword);
  await host.addUser({ name: account, authorizedKeys: [key.reveal('public_key')] });
  await host.exec('ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ca');
  await host.writeFile('/root/stranger.pub', `${stranger.reveal('public_key')}\n`);
  // Without a line end, as people leave it.
  if (form === 'text') await host.writeFile(list, `# of ours\n${stranger.reveal('public_key')}`);
  else await host.exec(`ssh-keygen -q -k -f ${list} /root/stranger.pub`);
  await host.exec(
    `chmod 640 ${list} && printf '%s\\n' 'TrustedUserCAKeys /etc/ssh/ca.pub' 'RevokedKeys ${list}' >> /etc/ssh/sshd_config`,
  );
  await host.restart();
  const trial = await hostTrial(host, { kind: 'ssh-key', account, secret: key.revealAll(), settings });
  return { host, trial, key, stranger };
}

/** The driver's own verbs, as an undo and a restore use them. */
async function driven(form: DoorOptions['form']) {
  const { host, key, stranger } = await doorWith({ form });
  const driver = driverFor('ssh-key', { address: host.address, hostKey: host.hostKey, revokedKeys: true });
  const via = { as: 'management', account: 'root', secret: Secret.of({ password: rootPassword }) } as const;
  return {
    host,
    key,
    stranger,
    next: await generateKey('ed25519', 'next'),
    change: async (next: Secret, old: Secret) => driver.change?.(account, via, next, effectContext(), old),
    retire: async (old: Secret, current: Secret) => driver.retire?.(account, via, old, current, effectContext()),
    opens: async (secret: Secret) => (await driver.probe(account, secret, effectContext())).answer,
  };
}

/** Stock ssh with the key and a certificate that the CA has signed over it, from the host itself. */
async function opensWithCertificate(host: SshHost, key: Secret): Promise<boolean> {
  await host.writeFile('/root/door', key.reveal('private_key'));
  await host.writeFile('/root/door.pub', `${key.reveal('public_key')}\n`);
  await host.exec(`chmod 600 /root/door && ssh-keygen -q -s /etc/ssh/ca -I vendor -n ${account} /root/door.pub`);
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'IdentitiesOnly=yes'];
  const named = options.map((each) => `-o ${each}`).join(' ');
  const { code } = await host.run(`ssh ${named} -i /root/door -p ${host.port} ${account}@${host.ip} true`);
  return code === 0;
}

describe('a certificate over the old key', { timeout: 120_000 }, () => {
  test.each(['text', 'KRL'] as const)(
    'T31 revokedKeys: true and a list in form of %s: rotated, and it is refused',
    async (form) => {
      const { host, trial, key, stranger } = await doorWith({ form });
      expect(await opensWithCertificate(host, key)).toBe(true);
      expect([await trial.check(), await trial.warnings()]).toEqual([[], []]);
      expect(await trial.rotate('forward')).toMatchObject({ end: 'rotated', exposed: false });
      expect(await opensWithCertificate(host, key)).toBe(false);
      const now = Secret.of((await trial.mount.readerSees(credential)) as Record<string, string>);
      expect(await opensWithCertificate(host, now)).toBe(true);
      expect(await opensWithCertificate(host, stranger)).toBe(false);
      expect(await host.exec(`stat -c '%U %a' ${list}; ls -A /etc/ssh | grep relock || true`)).toBe('root 640\n');
      if (form === 'text') expect(await host.readFile(list)).toContain(`# of ours\n${stranger.reveal('public_key')}\n`);
      expect((await trial.rotate('restore')).end).toBe('rotated');
      expect(await opensWithCertificate(host, now)).toBe(false);
    },
  );

  test('T31 without the setting: the list is left alone, and the end says what would help', async () => {
    const { host, trial, key } = await doorWith({ form: 'text', settings: '' });
    const before = await host.readFile(list);
    expect(await trial.warnings()).toEqual([expect.stringContaining('Say `revokedKeys: true` for the target')]);
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ end: 'replaced(sessions)', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining('`revokedKeys: true` for the target does so')]);
    expect(await host.readFile(list)).toBe(before);
    expect(await opensWithCertificate(host, key)).toBe(true);
  });

  test('T31 a list that others may write is not edited: check and rotation say so', async () => {
    const { host, trial, key } = await doorWith({ form: 'text' });
    await host.exec(`chmod 666 ${list}`);
    const text = 'may be written by others than root, and relock does not edit such a list';
    expect(await trial.check()).toEqual([expect.stringContaining(text)]);
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ end: 'untouched(misconfigured)', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining(text)]);
    expect(await opensWithCertificate(host, key)).toBe(true);
  });

  test.each(['text', 'KRL'] as const)(
    'T31 an undo revokes nothing, so the same key may come again (%s)',
    async (form) => {
      const { host, key, next, change, retire, opens } = await driven(form);
      const before = await host.exec(`sha256sum ${list}`);
      await change(next, key);
      await retire(next, key);
      await retire(next, key);
      expect([await opens(key), await opens(next)]).toEqual(['accepted', 'rejected']);
      expect(await host.exec(`sha256sum ${list}`)).toBe(before);
      await change(next, key);
      expect([await opens(key), await opens(next)]).toEqual(['accepted', 'accepted']);
      await retire(key, next);
      expect([await opens(key), await opens(next)]).toEqual(['rejected', 'accepted']);
      expect(await opensWithCertificate(host, key)).toBe(false);
    },
  );

  test('T31 a key that is put back is no longer revoked, one that somebody else revoked stays so', async () => {
    const { host, key, stranger, next, change, retire, opens } = await driven('text');
    const before = await host.readFile(list);
    await change(next, key);
    await retire(key, next);
    await change(key, next);
    expect([await opens(key), await opens(next)]).toEqual(['accepted', 'accepted']);
    expect(await host.readFile(list)).toBe(`${before}\n`);
    await expect(change(stranger, key)).rejects.toMatchObject({ code: 'Refused', effect: 'none' });
    expect(await host.readFile(list)).toBe(`${before}\n`);
  });

  test('T31 nothing is taken out of a KRL: a revoked key is not put back, and that is said', async () => {
    const { key, next, change, retire, opens } = await driven('KRL');
    await change(next, key);
    await retire(key, next);
    await expect(change(key, next)).rejects.toMatchObject({
      code: 'Refused',
      effect: 'none',
      message: expect.stringContaining('the list is a KRL, to which keys can only be added'),
    });
    expect([await opens(key), await opens(next)]).toEqual(['rejected', 'accepted']);
  });
});
