import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Login, TargetDriver } from '../../../src/contracts/targetDriver.js';
import { Secret } from '../../../src/secret/secret.js';
import { generateSshKey } from '../../../src/secret/sshKey.js';
import { waitUntil } from '../../../src/servers/waitUntil.js';
import { endpointOf } from '../../../src/targets/linux/settings.js';
import { withSsh } from '../../../src/transport/ssh/connect.js';
import { effectContext } from '../../contract/targetDriver.harness.js';
import { tryLogin } from '../../harness/sshLogin.js';
import { openStockSession } from '../../harness/sshSession.js';
import { driverFor, freshPassword, type LinuxBench, passwordOf, settingsOf, startLinuxBench } from './linuxHarness.js';

const account = 'itron-svc';
const self = (secret: Secret): Login => ({ as: 'self', account, secret });

/** A connection that the server has taken, and that says nothing. */
async function occupy(host: { readonly ip: string; readonly port: number }): Promise<Socket> {
  const attempt = async () => {
    const socket = connect(host.port, host.ip);
    const [greeting] = await once(socket, 'data');
    if (String(greeting).startsWith('SSH-')) return socket;
    socket.destroy();
    return undefined;
  };
  return waitUntil(attempt, { what: 'a place in the queue of the SSH server', timeoutMs: 10_000 });
}

async function withAccount(bench: LinuxBench): Promise<Secret> {
  const secret = freshPassword();
  await bench.host.run(`rm -rf /etc/relock; userdel -rf ${account}`);
  await bench.host.addUser({ name: account, password: passwordOf(secret) });
  return secret;
}

describe('accidents of accounts', () => {
  let bench: LinuxBench;
  let driver: TargetDriver;
  let current: Secret;
  beforeAll(async () => {
    bench = await startLinuxBench({ management: 'root', pwquality: 'retry=3 minlen=12 dictcheck=0 enforce_for_root' });
    driver = driverFor('password', bench.settings);
  });
  afterAll(() => bench?.stop());
  beforeEach(async () => {
    current = await withAccount(bench);
  });

  it('H20: an expired password was the right one; a wrong one is still rejected', async () => {
    await bench.host.exec(`chage -d 0 ${account}`);
    expect((await driver.probe(account, current, effectContext())).answer).toBe('accepted');
    expect((await driver.probe(account, freshPassword(), effectContext())).answer).toBe('rejected');
  });

  it('an expired password is changed in the dialogue that the login starts', async () => {
    const next = freshPassword();
    await bench.host.exec(`chage -d 0 ${account}`);
    await driver.change?.(account, self(current), next, effectContext());
    expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
    expect((await driver.probe(account, current, effectContext())).answer).toBe('rejected');
  });

  it('H19: an expired account decides nothing about the right secret, a locked one looks rejected; management sees why', async () => {
    const { host, management } = bench;
    await host.exec(`chage -E 1 ${account}`);
    expect(await driver.probe(account, current, effectContext())).toEqual({
      answer: 'unknown',
      because: expect.stringContaining('got the secret and ended the connection without an answer'),
    });
    expect(await driver.obstacle?.(account, management, effectContext())).toMatch(/has expired/);
    expect((await driver.probe(account, freshPassword(), effectContext())).answer).toBe('rejected');
    expect(await driver.check(account, management, effectContext())).toMatchObject([{ severity: 'error' }]);
    await host.exec(`chage -E -1 ${account} && usermod -L ${account}`);
    expect((await driver.probe(account, current, effectContext())).answer).toBe('rejected');
    const [finding] = await driver.check(account, management, effectContext());
    expect(finding?.message).toMatch(/is locked/);
  });

  it('a password that is too young to be changed: Refused by the account itself, done by management', async () => {
    const { host, management } = bench;
    const next = freshPassword();
    await host.exec(`chage -m 7 ${account}`);
    const refused = driver.change?.(account, self(current), next, effectContext());
    await expect(refused).rejects.toMatchObject({ code: 'Refused', effect: 'none', message: /too recently/ });
    await driver.change?.(account, management, next, effectContext());
    expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
  });

  it('suspending keeps an expiry that was there, and reinstating puts it back', async () => {
    const { host, management } = bench;
    await host.exec(`chage -E 2099-12-31 ${account}`);
    const before = await host.shadowLine(account);
    await driver.suspend?.(account, management, effectContext());
    await driver.suspend?.(account, management, effectContext());
    expect((await driver.probe(account, current, effectContext())).answer).toBe('unknown');
    expect(await driver.obstacle?.(account, management, effectContext())).toMatch(/has expired/);
    await driver.reinstate?.(account, management, effectContext());
    expect(await host.shadowLine(account)).toBe(before);
  });

  it('a management login without the rights: Unauthorized, effect none', async () => {
    const { host } = bench;
    const secret = freshPassword();
    await host.addUser({ name: 'powerless', password: passwordOf(secret) });
    const via = { as: 'management', account: 'powerless', secret } as const;
    const change = driver.change?.(account, via, freshPassword(), effectContext());
    await expect(change).rejects.toMatchObject({ code: 'Unauthorized', effect: 'none' });
    expect(await driver.check(account, via, effectContext())).toMatchObject([{ severity: 'error' }]);
  });

  it('endSessions ends what a session left behind, and leaves services alone', async () => {
    const { host, management } = bench;
    await host.exec(`runuser -u ${account} -- setsid sleep 1111 </dev/null >/dev/null 2>&1 &`);
    const session = await openStockSession({ address: host.address, user: account, password: passwordOf(current) });
    const environment = { now: Date.now, baseDirectory: '.', environment: {} };
    const endpoint = endpointOf({ id: 'headend-01', settings: settingsOf(bench.settings) }, environment);
    await withSsh(endpoint, { account, secret: current }, effectContext(), (ssh) =>
      ssh.exec('setsid sleep 2222 </dev/null >/dev/null 2>&1 &'),
    );
    expect(await host.exec(`pgrep -u ${account} -a`)).toMatch(/sleep 2222/);
    try {
      // What began within the time that a question takes to get there counts as later, and lives: so the moment is put a bit on.
      await driver.endSessions?.(account, management, { before: Date.now() + 10_000 }, effectContext());
      expect(await session.alive()).toBe(false);
      expect((await host.exec(`pgrep -r S -u ${account} -a`)).trim()).toMatch(/^\d+ sleep 1111$/);
    } finally {
      await session.close();
    }
  });

  it('H1: a change whose answer never came is unknown, and may happen later', async () => {
    const { host, management } = bench;
    const next = freshPassword();
    const hold =
      'import fcntl,time; f=open("/etc/.pwd.lock","w"); fcntl.lockf(f,fcntl.LOCK_EX); open("/run/held","w"); time.sleep(60)';
    const holder = (await host.exec(`setsid python3 -c '${hold}' </dev/null >/dev/null 2>&1 & echo $!`)).trim();
    const held = async () => (await host.run('test -e /run/held')).code === 0 || undefined;
    await waitUntil(held, { what: 'the lock of the password file', timeoutMs: 10_000, intervalMs: 20 });
    const change = driver.change?.(account, management, next, effectContext(1_500));
    await expect(change).rejects.toMatchObject({ code: 'Timeout', effect: 'unknown' });
    expect((await driver.probe(account, current, effectContext())).answer).toBe('accepted');
    await host.exec(`kill ${holder}`);
    const late = async () => (await driver.probe(account, next, effectContext())).answer === 'accepted' || undefined;
    await waitUntil(late, {
      what: 'the late change',
      timeoutMs: driver.capabilities.settleMs,
      intervalMs: 200,
    });
  });
});

describe('servers that ask instead of taking a password', () => {
  let bench: LinuxBench;
  let driver: TargetDriver;
  let current: Secret;
  beforeAll(async () => {
    bench = await startLinuxBench({
      management: 'root',
      pwquality: 'retry=3 minlen=12 dictcheck=0 enforce_for_root',
      sshdConfig: ['KbdInteractiveAuthentication yes'],
    });
    await bench.host.exec("sed -i 's/^PasswordAuthentication yes/PasswordAuthentication no/' /etc/ssh/sshd_config");
    await bench.host.restart();
    driver = driverFor('password', bench.settings);
  });
  afterAll(() => bench?.stop());
  beforeEach(async () => {
    current = await withAccount(bench);
  });

  it('are probed and changed through', async () => {
    const next = freshPassword();
    expect((await driver.probe(account, current, effectContext())).answer).toBe('accepted');
    expect((await driver.probe(account, next, effectContext())).answer).toBe('rejected');
    await driver.change?.(account, bench.management, next, effectContext());
    expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
  });

  it('have an expired password changed in their questions', async () => {
    const next = freshPassword();
    await bench.host.exec(`chage -d 0 ${account}`);
    expect((await driver.probe(account, current, effectContext())).answer).toBe('accepted');
    await driver.change?.(account, self(current), next, effectContext());
    expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
    expect((await driver.probe(account, current, effectContext())).answer).toBe('rejected');
  });

  it('refuse a weak one there: effect none', async () => {
    const weak = Secret.of({ password: 'weak' });
    await bench.host.exec(`chage -d 0 ${account}`);
    const change = driver.change?.(account, self(current), weak, effectContext());
    await expect(change).rejects.toMatchObject({ code: 'Refused', effect: 'none' });
    expect((await driver.probe(account, current, effectContext())).answer).toBe('accepted');
  });

  it('H2: past notAfter an expired password is not changed', async () => {
    await bench.host.exec(`chage -d 0 ${account}`);
    const late = { ...effectContext(), notAfter: Date.now() - 1 };
    const change = driver.change?.(account, self(current), freshPassword(), late);
    await expect(change).rejects.toMatchObject({ code: 'Timeout', effect: 'none' });
    expect((await driver.probe(account, current, effectContext())).answer).toBe('accepted');
  });
});

describe('ways to a host', () => {
  it('a full queue is unknown, never rejected', async () => {
    const bench = await startLinuxBench({ management: 'root', sshdConfig: ['MaxStartups 1:100:1'] });
    const idle = await occupy(bench.host);
    try {
      const current = await withAccount(bench);
      const driver = driverFor('password', bench.settings);
      expect((await driver.probe(account, current, effectContext())).answer).toBe('unknown');
      expect((await driver.probe(account, freshPassword(), effectContext())).answer).toBe('unknown');
      idle.destroy();
      const back = async () =>
        (await driver.probe(account, current, effectContext())).answer === 'accepted' || undefined;
      await waitUntil(back, { what: 'the queue of the SSH server', timeoutMs: 10_000, intervalMs: 20 });
    } finally {
      idle.destroy();
      await bench.stop();
    }
  });

  it('an old device is talked to only where the settings say so', async () => {
    const sshdConfig = ['KexAlgorithms diffie-hellman-group1-sha1', 'Ciphers 3des-cbc', 'MACs hmac-md5'];
    const bench = await startLinuxBench({ management: 'root', sshdConfig });
    try {
      const [current, next] = [await withAccount(bench), freshPassword()];
      const change = driverFor('password', bench.settings).change?.(account, bench.management, next, effectContext());
      await expect(change).rejects.toMatchObject({
        code: 'Misconfigured',
        effect: 'none',
        message: /algorithms: legacy/,
      });
      const driver = driverFor('password', { ...bench.settings, algorithms: 'legacy' });
      await driver.change?.(account, bench.management, next, effectContext());
      expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
      expect((await driver.probe(account, current, effectContext())).answer).toBe('rejected');
    } finally {
      await bench.stop();
    }
  });

  it('a server that takes no passwords says nothing of them', async () => {
    const bench = await startLinuxBench({
      management: 'root',
      sshdConfig: ['Match User itron-svc', 'AuthenticationMethods publickey'],
    });
    try {
      await withAccount(bench);
      expect(
        (await driverFor('password', bench.settings).probe(account, freshPassword(), effectContext())).answer,
      ).toBe('unknown');
    } finally {
      await bench.stop();
    }
  });

  it('through a jump host, with a key and a pin of its own', async () => {
    const key = generateSshKey('jump');
    const folder = await mkdtemp(join(tmpdir(), 'relock-jump-'));
    const [bench, jump] = await Promise.all([1, 2].map(() => startLinuxBench({ management: 'root' })));
    if (bench === undefined || jump === undefined) throw new Error('two hosts were asked for');
    try {
      const identityFile = join(folder, 'identity');
      await writeFile(identityFile, key.reveal('private_key'), { mode: 0o600 });
      await jump.host.addUser({ name: 'hop', authorizedKeys: [key.reveal('public_key')] });
      const current = await withAccount(bench);
      const next = freshPassword();
      const way = { address: jump.host.address, hostKey: jump.host.hostKey, account: 'hop', identityFile };
      const driver = driverFor('password', { ...bench.settings, jump: way });
      await driver.change?.(account, bench.management, next, effectContext());
      expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
      expect((await driver.probe(account, current, effectContext())).answer).toBe('rejected');
      expect(await tryLogin({ address: bench.host.address, user: account, password: passwordOf(next) })).toBe(
        'accepted',
      );
      await bench.host.stopDaemon();
      expect((await driver.probe(account, next, effectContext())).answer).toBe('unknown');
      await jump.host.stopDaemon();
      expect((await driver.probe(account, next, effectContext())).answer).toBe('unknown');
    } finally {
      await Promise.all([bench.stop(), jump.stop(), rm(folder, { recursive: true, force: true })]);
    }
  });
});
