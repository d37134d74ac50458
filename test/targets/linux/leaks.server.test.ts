import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Login } from '../../../src/contracts/targetDriver.js';
import type { Secret } from '../../../src/secret/secret.js';
import { effectContext } from '../../contract/targetDriver.harness.js';
import { driverFor, freshPassword, type LinuxBench, passwordOf, startLinuxBench } from './linuxHarness.js';

const account = 'itron-svc';
/** Copies the arguments and environment of every process, as fast as it can, until its file is removed. */
const spy = `touch /run/spying
while [ -e /run/spying ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; echo; done > /run/spied`;

describe('what a host sees of a password', () => {
  let bench: LinuxBench;
  beforeAll(async () => {
    bench = await startLinuxBench({ management: 'sudo with password', sshdConfig: ['LogLevel DEBUG3'] });
  });
  afterAll(() => bench?.stop());

  it('is in no argument, no environment and no log, whoever changes it', async () => {
    const { host, management, settings } = bench;
    const driver = driverFor('password', settings);
    const secrets = Array.from({ length: 6 }, freshPassword);
    const [first, ...nexts] = secrets;
    if (first === undefined) throw new Error('no password was made');
    await host.addUser({ name: account, password: passwordOf(first) });
    await host.exec(`setsid sh -c '${spy}' </dev/null >/dev/null 2>&1 &`);
    let current: Secret = first;
    for (const [index, next] of nexts.entries()) {
      const via: Login = index % 2 === 0 ? management : { as: 'self', account, secret: current };
      const captured = await driver.capture?.(account, management, current, effectContext());
      await driver.change?.(account, via, next, effectContext());
      expect((await driver.probe(account, next, effectContext())).answer).toBe('accepted');
      if (captured !== undefined) await driver.revert?.(account, management, captured, next, effectContext());
      await driver.change?.(account, management, next, effectContext());
      current = next;
    }
    await host.exec('rm /run/spying');
    const timesSeen = async (texts: readonly string[]) => {
      await host.writeFile('/run/texts', `${texts.join('\n')}\n`);
      return Number((await host.run('cat /run/spied /var/log/sshd.log | grep -acF -f /run/texts')).stdout);
    };
    expect(await timesSeen(['chpasswd'])).toBeGreaterThan(0);
    expect(await timesSeen([`Accepted password for ${account}`])).toBeGreaterThan(0);
    expect(await timesSeen([...secrets, management.secret].map(passwordOf))).toBe(0);
  });
});
