import { describe, expect, onTestFinished, test } from 'vitest';
import { type SshHost, type SshHostOptions, startSshHost } from '../harness/sshHost.js';
import { openStockSession } from '../harness/sshSession.js';
import { hostTrial, rootPassword } from './hostTrial.js';

const account = 'itron-svc';
const old = '0ld-Secret.of-the_vendor';

async function doorWith(options: SshHostOptions = {}, who = account) {
  const host = await startSshHost(options);
  onTestFinished(() => host.stop());
  await host.setPassword('root', who === 'root' ? old : rootPassword);
  await host.addUser({ name: account, password: old });
  await host.addUser({ name: 'relock', password: rootPassword, sudo: 'nopasswd' });
  const trial = await hostTrial(host, { kind: 'password', account: who, secret: { password: old }, manager: 'relock' });
  return { host, trial };
}

const open = (host: SshHost, user: string, password = old) =>
  openStockSession({ address: host.address, user, password });

const runs = async (host: SshHost, what: string) => (await host.run(`pgrep -f '^${what}'`)).code === 0;

describe('what ends with the old secret', { timeout: 120_000 }, () => {
  test("T19 T32 root's session ends; a listener and jobs that root started live on", async () => {
    const { host, trial } = await doorWith({}, 'root');
    await host.exec('setsid sh -c "sleep 4321 & wait" </dev/null >/dev/null 2>&1 &');
    const session = await open(host, 'root');
    onTestFinished(() => session.close());
    const ended = await trial.rotate('forward');
    expect(ended.state).toBe('rotated');
    expect(await session.alive()).toBe(false);
    expect(await runs(host, 'sleep 4321')).toBe(true);
    await (await open(host, account)).close();
  });

  test('T24 another name with the same uid keeps its session', async () => {
    const { host, trial } = await doorWith();
    await host.exec(`useradd -o -u $(id -u ${account}) -g $(id -g ${account}) -M -d /tmp -s /bin/sh twin`);
    await host.setPassword('twin', 'Twin-Secret.of-others_1');
    const theirs = await open(host, 'twin', 'Twin-Secret.of-others_1');
    const ours = await open(host, account);
    onTestFinished(() => theirs.close());
    onTestFinished(() => ours.close());
    expect((await trial.rotate('forward')).state).toBe('rotated');
    expect([await ours.alive(), await theirs.alive()]).toEqual([false, true]);
  });

  test('T27 UsePAM no and a job of the old login: left, said, and never rotated', async () => {
    const { host, trial } = await doorWith();
    await host.exec("sed -i 's/^UsePAM .*/UsePAM no/' /etc/ssh/sshd_config");
    await host.restart();
    await host.exec(`runuser -u ${account} -- sh -c 'setsid nohup sleep 5432 </dev/null >/dev/null 2>&1 &'`);
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ end: 'replaced(sessions)', exposed: true });
    expect(ended.causes).toEqual([expect.stringMatching(/processes \d+ may come from an old login/)]);
    expect(await runs(host, 'sleep 5432')).toBe(true);
  });
});
