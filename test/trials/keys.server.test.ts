import { execFileSync } from 'node:child_process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { generateKey, keyTypeOf } from '../../src/secret/generateKey.js';
import { publicKeyOf } from '../../src/secret/sshKey.js';
import { type SshHost, type SshHostOptions, startSshHost } from '../harness/sshHost.js';
import { tryLogin } from '../harness/sshLogin.js';
import { credential, startTrial } from './trial.js';

const account = 'itron-sftp';
const rootPassword = 'Root-Secret.of-ours_1';
const lineOf = (privateKey: string) => `ssh-rsa ${publicKeyOf(privateKey).blob} itron`;

async function doorWith(privateKey: string, options: SshHostOptions = {}, more = '') {
  const host = await startSshHost(options);
  onTestFinished(() => host.stop());
  await host.setPassword('root', rootPassword);
  const { type, blob } = publicKeyOf(privateKey);
  await host.addUser({ name: account, authorizedKeys: [`${type} ${blob} itron`] });
  const management = 'management: { account: root, secret: "primary:mgmt/headend" }';
  const trial = await startTrial({
    targets: [`headend: { type: linux, address: "${host.address}", hostKey: "${host.hostKey}", ${management} }`],
    entry: `kind: ssh-key, account: ${account}, targets: [headend]${more}`,
  });
  onTestFinished(trial.stop);
  await trial.mount.personWrites('mgmt/headend', { password: rootPassword });
  await trial.mount.personWrites(credential, { username: account, private_key: privateKey });
  return { host, trial };
}

const opens = (host: SshHost, privateKey: string) => tryLogin({ address: host.address, user: account, privateKey });

describe('the kind of a key', { timeout: 120_000 }, () => {
  test('T5 T14 T16 an RSA key in PKCS#8 on a server that takes no Ed25519 is replaced by an RSA key', async () => {
    const args = ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:3072'];
    const old = execFileSync('openssl', args, { encoding: 'utf8' });
    const taken = 'PubkeyAcceptedAlgorithms rsa-sha2-256,rsa-sha2-512';
    const { host, trial } = await doorWith(old, { sshdConfig: [taken] });
    expect((await trial.rotate('restore')).end).toBe('rotated');
    const now = String((await trial.mount.readerSees(credential))?.private_key);
    expect(keyTypeOf(now)).toBe('rsa-3072');
    expect([await opens(host, now), await opens(host, old)]).toEqual(['accepted', 'refused']);
    expect(await host.readFile(`/home/${account}/.ssh/authorized_keys`)).not.toContain(lineOf(old));
  });

  test('T5 keyType says otherwise', async () => {
    const old = (await generateKey('ecdsa-p256', 'old')).reveal('private_key');
    const { host, trial } = await doorWith(old, {}, ', keyType: ed25519');
    expect((await trial.rotate('restore')).end).toBe('rotated');
    const now = String((await trial.mount.readerSees(credential))?.private_key);
    expect(keyTypeOf(now)).toBe('ed25519');
    expect([await opens(host, now), await opens(host, old)]).toEqual(['accepted', 'refused']);
  });

  test('T2 a key under another field name: nothing begins, and the old key is not said to be dead', async () => {
    const old = (await generateKey('ed25519', 'old')).reveal('private_key');
    const { host, trial } = await doorWith(old);
    await trial.mount.personWrites(credential, { username: account, ssh_private_key: old });
    const text = 'there is "ssh_private_key"; expected "private_key"';
    expect(await trial.check()).toEqual([expect.stringContaining(text)]);
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ state: 'untouched', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining(text)]);
    expect(await opens(host, old)).toBe('accepted');
  });
});
