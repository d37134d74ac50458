import { afterEach, describe, expect, it } from 'vitest';
import type { Login, TargetDriver } from '../../src/contracts/targetDriver.js';
import { type LabBehaviour, LabDevice } from '../../src/lab/device.js';
import type { Secret } from '../../src/secret/secret.js';
import { effectContext } from '../contract/targetDriver.harness.js';
import { freshKey, publicLine } from '../targets/linux/keyHarness.js';
import { driverFor, freshPassword, passwordOf } from '../targets/linux/linuxHarness.js';

const account = 'itron-svc';
const root: Login = { as: 'management', account: 'root', secret: freshPassword() };
const [oldPassword, newPassword, oldKey, newKey] = [freshPassword(), freshPassword(), freshKey(), freshKey()];

const devices: LabDevice[] = [];
afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.switchOff()));
});

async function start(behaviour: LabBehaviour): Promise<(kind: 'password' | 'ssh-key') => TargetDriver> {
  const device = await LabDevice.start({
    behaviour,
    accounts: [
      { name: 'root', password: passwordOf(root.secret) },
      { name: account, password: passwordOf(oldPassword), authorizedKeys: [publicLine(oldKey)] },
    ],
  });
  devices.push(device);
  return (kind) => driverFor(kind, { address: device.address, hostKey: device.hostKey });
}

const probe = (driver: TargetDriver, secret: Secret) =>
  driver.probe(account, secret, effectContext(1_000)).then(({ answer }) => answer);
const change = (driver: TargetDriver, next: Secret, old: Secret, timeMs?: number) =>
  Promise.resolve(driver.change?.(account, root, next, effectContext(timeMs), old));

describe('lab devices that misbehave', () => {
  it.each([
    ['password', oldPassword, newPassword],
    ['ssh-key', oldKey, newKey],
  ] as const)('one says "ok" and changes nothing: %s', async (kind, old, next) => {
    const driver = (await start('saysOkChangesNothing'))(kind);
    await change(driver, next, old);
    expect(await probe(driver, next)).toBe('rejected');
    expect(await probe(driver, old)).toBe('accepted');
  });

  it.each([
    ['password', oldPassword, newPassword],
    ['ssh-key', oldKey, newKey],
  ] as const)('one takes the change and stops answering: %s', async (kind, old, next) => {
    const driver = (await start('stopsAnsweringHalfWay'))(kind);
    expect(await probe(driver, old)).toBe('accepted');
    await expect(change(driver, next, old, 1_500)).rejects.toMatchObject({ code: 'Timeout', effect: 'unknown' });
    expect(await probe(driver, next)).toBe('unknown');
    expect(await probe(driver, old)).toBe('unknown');
  });
});
