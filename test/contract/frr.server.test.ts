import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Login } from '../../src/contracts/targetDriver.js';
import { DriverError } from '../../src/model/errors.js';
import { generatePasswordSecret } from '../../src/secret/generate.js';
import { Secret } from '../../src/secret/secret.js';
import { FrrPasswordDriver, frrCapabilities } from '../../src/targets/frr/passwordDriver.js';
import { frrSettings, secretPolicy } from '../../src/targets/frr/settings.js';
import { type FrrRouter, startFrr, tryVty } from '../harness/frr.js';
import { effectContext, expectNoEffect, type TargetHarness } from './targetDriver.harness.js';
import { describeTargetDriver } from './targetDriver.suite.js';

const account = 'vty';
const managementSecret = Secret.of({ password: 'Op-4-the-router' });
const management: Login = { as: 'management', account: 'relock', secret: managementSecret };
const config = '/etc/frr/frr.conf';

let router: FrrRouter;
let silentServer: Server;
let silentPort = 0;

function driverWith(changes: object = {}): FrrPasswordDriver {
  const { address, hostKey } = router.host;
  const entry = { address, hostKey, probeAddress: router.vtyAddress, ...changes };
  return new FrrPasswordDriver({ id: 'gw-01', settings: frrSettings.parse(entry) });
}

const fresh = () => generatePasswordSecret([secretPolicy]);

/** What a person does who sets and saves the password by hand. */
async function setByHand(password: string): Promise<void> {
  await router.host.exec(
    `vtysh -c 'configure terminal' -c 'service password-encryption' -c 'password ${password}' -c end -c 'write memory'`,
  );
}

async function loginByHand(secret: Secret): Promise<'in' | 'refused' | 'unknown'> {
  const answer = await tryVty({ address: router.vtyAddress, password: secret.reveal('password') });
  return answer === 'accepted' ? 'in' : answer === 'refused' ? 'refused' : 'unknown';
}

beforeAll(async () => {
  router = await startFrr({
    vtyPassword: 'firstVty',
    enablePassword: 'firstEnable',
    login: { name: management.account, password: managementSecret.reveal('password') },
  });
  silentServer = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await new Promise((resolve) => silentServer.once('listening', resolve));
  const bound = silentServer.address();
  silentPort = bound !== null && typeof bound === 'object' ? bound.port : 0;
});
afterAll(async () => {
  silentServer?.close();
  await router?.stop();
});

async function reset(): Promise<Secret> {
  const first = fresh();
  await setByHand(first.reveal('password'));
  return first;
}

function harness(): TargetHarness {
  const silent = `127.0.0.1:${silentPort}`;
  return {
    driver: driverWith(),
    account,
    reset,
    via: () => management,
    management,
    makeSecret: fresh,
    independentLogin: loginByHand,
    publicFields: [],
    down: async () => {
      await router.host.stopDaemon();
      await router.host.run('pkill -KILL -x ripd; while pgrep -x ripd; do sleep 0.01; done');
    },
    up: async () => {
      await router.host.startDaemon();
      await router.restart();
    },
    silent: driverWith({ address: silent, probeAddress: silent }),
    // The VTY is telnet: only the way of changes has a host key; it has a test of its own below.
    otherHostKey: null,
    refusedSecret: Secret.of({ password: 'what? no!' }),
    wrongVia: { ...management, secret: Secret.of({ password: 'not-the-password' }) },
    missingAccount: 'enable',
    powerCycle: router.restart,
  };
}

describeTargetDriver('frr × password', frrCapabilities, harness);

describe('FRR router', () => {
  let first: Secret;
  let next: Secret;
  const change = (to: Secret, replacing = first) =>
    driverWith().change(account, management, to, effectContext(), replacing);
  const confirm = () => driverWith().confirm(account, management, effectContext());
  const capture = () => driverWith().capture(account, management, first, effectContext());
  const probes = async (...secrets: readonly Secret[]) => {
    const answers = [];
    for (const secret of secrets) answers.push((await driverWith().probe(account, secret, effectContext())).answer);
    return answers;
  };

  beforeEach(async () => {
    first = await reset();
    next = fresh();
  });

  describe('H29: confirm fails', () => {
    test('write memory says so: not saved, and a restart revives the old password', async () => {
      await change(next);
      await router.refuseSaves();
      try {
        await expect(confirm()).rejects.toMatchObject({ code: 'Refused', effect: 'unknown' });
      } finally {
        await router.allowSaves();
      }
      expect(await probes(next, first)).toEqual(['accepted', 'rejected']);
      await router.restart();
      expect(await probes(first, next)).toEqual(['accepted', 'rejected']);
    });

    test('the disk is full: the router says [OK], and has saved nothing', async () => {
      await change(next);
      await router.host.exec(`
        chown root:root /etc/frr && mount -t tmpfs -o size=4k,mode=750,uid=$(id -u frr),gid=$(id -g frr) full /etc/frr
        touch ${config} /etc/frr/vtysh.conf && chown frr:frr /etc/frr/* && head -c 4096 /dev/zero > /etc/frr/filler`);
      try {
        const answer = await router.host.exec(`vtysh -c 'write memory'`);
        expect(answer).toContain('[OK]');
        await expect(confirm()).rejects.toMatchObject({ code: 'Refused', effect: 'unknown' });
      } finally {
        await router.host.exec('umount /etc/frr && chown frr:frr /etc/frr');
      }
      await confirm();
      await router.restart();
      expect(await probes(next, first)).toEqual(['accepted', 'rejected']);
    });

    test('a daemon is down: nothing is changed, nothing is saved', async () => {
      await router.host.run('pkill -KILL -x zebra; while pgrep -x zebra; do sleep 0.01; done');
      const watched = () => router.host.exec(`vtysh -c 'show watchfrr'`);
      await expect.poll(watched, { timeout: 10_000 }).toMatch(/zebra +Down/);
      try {
        await expectNoEffect(harness(), change(next), ['Unreachable'], [first, next, managementSecret]);
        await expect(confirm()).rejects.toMatchObject({ code: 'Refused', effect: 'unknown' });
      } finally {
        await router.restart();
      }
      expect(await probes(first, next)).toEqual(['accepted', 'rejected']);
    });
  });

  describe('eight significant characters', () => {
    test('a password that differs only behind them would prove nothing: refused, effect none', async () => {
      const same = Secret.of({ password: `${first.reveal('password').slice(0, 8)}Different` });
      expect(await loginByHand(same)).toBe('in');
      await expectNoEffect(harness(), change(same), ['Refused'], [first, same]);
    });

    test('generated ones differ within them, and each works', async () => {
      await change(next);
      const head = Secret.of({ password: next.reveal('password').slice(0, 8) });
      expect(await probes(next, head, first)).toEqual(['accepted', 'accepted', 'rejected']);
    });

    test('retiring a password that only looks different is a Bug', async () => {
      const same = Secret.of({ password: `${first.reveal('password').slice(0, 8)}x` });
      const retire = driverWith().retire(account, management, same, first, effectContext());
      await expectNoEffect(harness(), retire, ['Bug'], [first, same]);
    });
  });

  test('the password itself is in no history, log or configuration of the router', async () => {
    await router.host.exec(`vtysh -c 'configure terminal' -c 'log file /var/log/frr/frr.log' -c 'log commands'`);
    await change(next);
    await confirm();
    expect(await loginByHand(next)).toBe('in');
    const find = `grep -rlF -f - /home /root /var/log /run /etc/frr 2>/dev/null || true`;
    expect(await router.host.exec(find, `${next.reveal('password').slice(0, 8)}\n`)).toBe('');
    const history = await router.host.exec(`cat /home/${management.account}/.history_frr`);
    expect(history).toMatch(/^password 8 \S{13}$/m);
  });

  test('daemons that disagree: no undo would be right, and forward makes them agree', async () => {
    await router.host.exec(`vtysh -d zebra -c 'configure terminal' -c 'password somebodyElse'`);
    await expectNoEffect(harness(), capture(), ['Refused'], [first]);
    await change(next);
    await confirm();
    expect((await router.startupConfig()).match(/^password /gm)).toHaveLength(1);
  });

  test('daemons that salted the same password differently are one password', async () => {
    await router.host.exec(`vtysh -d zebra -c 'configure terminal' -c 'password ${first.reveal('password')}'`);
    const captured = await capture();
    await change(next);
    await driverWith().revert(account, management, captured, next, effectContext());
    expect(await probes(first, next)).toEqual(['accepted', 'rejected']);
  });

  describe('what a proof needs', () => {
    const errors = async (driver = driverWith()) => {
      const findings = await driver.check(account, management, effectContext());
      return findings.filter((finding) => finding.severity === 'error').map((finding) => finding.message);
    };
    const configure = (...lines: readonly string[]) =>
      router.host.exec(`vtysh -c 'configure terminal' ${lines.map((line) => `-c '${line}'`).join(' ')}`);

    test('a VTY that asks for nothing: unknown, and said at plan time', async () => {
      await configure('line vty', 'no login');
      try {
        expect(await probes(first)).toEqual(['unknown']);
        expect(await errors()).toEqual([expect.stringContaining('asks for no password')]);
      } finally {
        await configure('line vty', 'login');
      }
    });

    test('H20: a VTY without a password hangs up on everybody: unknown, and management says why, as at plan time', async () => {
      await configure('no password');
      expect(await driverWith().probe(account, first, effectContext())).toEqual({
        answer: 'unknown',
        because: expect.stringContaining('hangs up without asking'),
      });
      const found = await errors();
      expect(found).toEqual([expect.stringContaining('no VTY password')]);
      expect(await driverWith().obstacle(account, management, effectContext())).toBe(found[0]);
      await expectNoEffect(harness(), change(next), ['Misconfigured'], [next]);
    });

    test('passwords in clear text: said at plan time, refused without effect', async () => {
      await configure('no service password-encryption', `password ${first.reveal('password')}`);
      expect(await errors()).toEqual([expect.stringContaining('service password-encryption')]);
      await expectNoEffect(harness(), change(next), ['Misconfigured'], [next, first]);
      expect(await probes(first)).toEqual(['accepted']);
    });

    test('T42 one channel at a time (MaxSessions 1) is enough, also to read again what was saved', async () => {
      await router.host.exec("echo 'MaxSessions 1' >> /etc/ssh/sshd_config");
      await router.host.restart();
      try {
        await change(next);
        await confirm();
        expect(await errors()).toEqual([]);
        expect(await probes(next, first)).toEqual(['accepted', 'rejected']);
      } finally {
        await router.host.exec("sed -i '/^MaxSessions/d' /etc/ssh/sshd_config");
        await router.host.restart();
      }
    });

    test('a login that is not a router’s, or may not read what was saved', async () => {
      await router.host.exec(`chsh -s /bin/bash ${management.account}`);
      try {
        expect(await errors()).toEqual([expect.stringContaining('no router prompt')]);
        await expectNoEffect(harness(), change(next), ['Misconfigured'], [next, managementSecret]);
      } finally {
        await router.host.exec(`chsh -s /usr/bin/vtysh ${management.account}`);
      }
      expect(await errors(driverWith({ startupConfig: '/etc/shadow' }))).toEqual([
        expect.stringContaining('/etc/shadow cannot be read over SFTP (denied)'),
      ]);
    });

    test('another host key: nothing is sent', async () => {
      const imposter = driverWith({ hostKey: `SHA256:${'A'.repeat(43)}` });
      const call = imposter.change(account, management, next, effectContext(), first);
      const error = await expectNoEffect(harness(), call, ['Misconfigured'], [next, managementSecret]);
      expect(error.message).toMatch(/pinned SHA256:\S+, shown SHA256:/);
    });

    test('a password that no telnet prompt takes is not tried', async () => {
      const odd = Secret.of({ password: 'two\rattempts' });
      await expect(driverWith().probe(account, odd, effectContext())).rejects.toThrow(DriverError);
    });
  });
});
