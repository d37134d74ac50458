import { generatePasswordSecret } from '../secret/generate.js';
import type { Secret } from '../secret/secret.js';
import { generateSshKey } from '../secret/sshKey.js';
import type { LabAccountOptions } from './account.js';
import { type CastCredential, type CastDevice, demoCredentials, demoDevices } from './demoCast.js';
import { LabDevice } from './device.js';

/** A credential of the cast with one value of it. */
export interface KnownSecret {
  readonly credential: CastCredential;
  readonly secret: Secret;
}

export interface DemoLab {
  readonly devices: ReadonlyMap<string, LabDevice>;
  /** Root's password on each device. */
  readonly management: ReadonlyMap<string, Secret>;
  /** What the vendor knew, and a thief knows now. */
  readonly stolen: readonly KnownSecret[];
  close(): Promise<void>;
}

const passwordPolicy = {
  minLength: 16,
  maxLength: 64,
  significantLength: 64,
  alphabet: 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_.',
};

const latencyMs = 40;

/** The demo's devices, on ports of 127.0.0.1; the one that is down has its port, and does not listen. */
export async function startDemoLab(): Promise<DemoLab> {
  const stolen = demoCredentials.map((credential) => ({ credential, secret: secretFor(credential) }));
  const management = new Map(demoDevices.map(({ id }) => [id, generatePasswordSecret([passwordPolicy])]));
  const started = await Promise.all(
    demoDevices.map(async (device) => [device.id, await startDevice(device, stolen, management)] as const),
  );
  const devices = new Map(started);
  const close = async () => {
    await Promise.all([...devices.values()].map((device) => device.switchOff()));
  };
  return { devices, management, stolen, close };
}

function secretFor({ kind, id }: CastCredential): Secret {
  return kind === 'password' ? generatePasswordSecret([passwordPolicy]) : generateSshKey(id);
}

async function startDevice(
  { id, behaviour }: CastDevice,
  stolen: readonly KnownSecret[],
  management: ReadonlyMap<string, Secret>,
): Promise<LabDevice> {
  const here = stolen.filter(({ credential }) => credential.targets.includes(id));
  const root = management.get(id)?.reveal('password');
  const device = await LabDevice.start({
    accounts: [{ name: 'root', ...(root !== undefined && { password: root }) }, ...here.map(accountOf)],
    behaviour: behaviour === 'down' ? 'honest' : behaviour,
    latencyMs,
  });
  if (behaviour === 'down') await device.switchOff();
  return device;
}

function accountOf({ credential, secret }: KnownSecret): LabAccountOptions {
  const name = credential.account;
  if (credential.kind === 'password') return { name, password: secret.reveal('password') };
  return { name, authorizedKeys: [`no-agent-forwarding ${secret.reveal('public_key')}`] };
}
