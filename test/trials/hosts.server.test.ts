import { describe, expect, onTestFinished, test } from 'vitest';
import { generateKey } from '../../src/secret/generateKey.js';
import { type SshHostOptions, startSshHost } from '../harness/sshHost.js';
import { tryLogin } from '../harness/sshLogin.js';
import { hostTrial, rootPassword } from './hostTrial.js';

const account = 'itron-svc';
const old = '0ld-Secret.of-the_vendor';

async function doorWith(kind: 'password' | 'ssh-key', options: SshHostOptions & { readonly lines?: number } = {}) {
  const host = await startSshHost(options);
  onTestFinished(() => host.stop());
  const key = await generateKey('ed25519', 'old');
  const others = Array.from(
    { length: options.lines ?? 0 },
    (_, index) => `# somebody else ${index} ${'x'.repeat(200)}`,
  );
  await host.setPassword('root', rootPassword);
  await host.addUser({ name: account, password: old, authorizedKeys: [...others, key.reveal('public_key')] });
  const secret = kind === 'password' ? { password: old } : key.revealAll();
  const trial = await hostTrial(host, { kind, account, secret, settings: ', settleMs: 500' });
  const home = `/home/${account}`;
  const opens = () => tryLogin({ address: host.address, user: account, privateKey: key.reveal('private_key') });
  return { host, trial, opens, home };
}

describe('hosts that are a little different', { timeout: 120_000 }, () => {
  test('T38 a list of keys of more than 313 kB', async () => {
    const { host, trial, opens, home } = await doorWith('ssh-key', { lines: 1_600 });
    expect((await host.readFile(`${home}/.ssh/authorized_keys`)).length).toBeGreaterThan(313_000);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect(await opens()).toBe('refused');
  });

  test('T42 MaxSessions 1: one channel at a time, four times', async () => {
    const { trial, opens } = await doorWith('ssh-key', { sshdConfig: ['MaxSessions 1'] });
    for (let run = 0; run < 4; run += 1) expect((await trial.rotate('restore')).end).toBe('rotated');
    expect(await opens()).toBe('refused');
  });

  test('T34 a .bashrc that prints and does not end the line', async () => {
    const { host, trial, opens } = await doorWith('ssh-key');
    await host.exec('chsh -s /bin/bash root');
    await host.writeFile('/root/.bashrc', 'printf "\\033]0;root\\007"\n');
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect(await opens()).toBe('refused');
  });
});
