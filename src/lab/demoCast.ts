import type { EndState } from '../model/endStates.js';
import type { LabBehaviour } from './device.js';

export interface CastDevice {
  readonly id: string;
  readonly behaviour: LabBehaviour | 'down';
}

export interface CastCredential {
  readonly id: string;
  readonly kind: 'password' | 'ssh-key';
  readonly account: string;
  readonly targets: readonly string[];
  /** Vaults that keep it; the first is the primary. */
  readonly vaults: readonly string[];
  /** How its rotation ends when all devices do as they are told here. */
  readonly ends: EndState;
}

export const demoVendor = 'itron';
export const demoVaults = ['primary', 'recovery'] as const;

/** The devices that make trouble; each has one credential of its own. */
export const demoMisbehaving: Readonly<Record<'down' | 'liar' | 'silent', string>> = {
  down: 'gateway-103',
  liar: 'collector-west',
  silent: 'gateway-102',
};

const deviceIds = [
  'headend-01',
  'headend-02',
  'mdm-01',
  'sftp-01',
  'sftp-02',
  'jump-01',
  'collector-east',
  'collector-north',
  'collector-west',
  'gateway-101',
  'gateway-102',
  'gateway-103',
];

export const demoDevices: readonly CastDevice[] = deviceIds.map((id) => ({ id, behaviour: behaviourOf(id) }));

function behaviourOf(id: string): CastDevice['behaviour'] {
  if (id === demoMisbehaving.down) return 'down';
  if (id === demoMisbehaving.liar) return 'saysOkChangesNothing';
  return id === demoMisbehaving.silent ? 'stopsAnsweringHalfWay' : 'honest';
}

/** Also kept in the recovery vault. What is kept twice comes later in the plan than what is kept once: the canary stays clear of trouble. */
const keptTwice: readonly string[] = ['headend-01', 'headend-02', 'mdm-01', ...Object.values(demoMisbehaving)];

const supported = ['headend-01', 'headend-02', 'mdm-01', 'jump-01', 'collector-east', 'collector-north'];
const uploads = ['sftp-01', 'sftp-02'].flatMap((id) =>
  ['a', 'b', 'c'].map((tenant) => [id, `tenant-${tenant}`] as const),
);
const exchanges = [
  ['mdm-01', 'export'],
  ['headend-01', 'import'],
] as const;

/** 30 credentials of one vendor: service accounts, support logins, SFTP keys, and four that several devices share. */
export const demoCredentials: readonly CastCredential[] = [
  ...deviceIds.map((id) => own(id, 'svc', 'password', keptTwice.includes(id))),
  ...supported.map((id) => own(id, 'support', 'password', false)),
  ...[...uploads, ...exchanges].map(([id, name]) => own(id, name, 'ssh-key', false)),
  shared('headend-sync', 'password', ['headend-01', 'headend-02']),
  shared('sftp-mirror', 'ssh-key', ['sftp-01', 'sftp-02']),
  shared('collector-key', 'ssh-key', ['collector-east', 'collector-north', 'jump-01']),
  shared('gateway-key', 'ssh-key', ['gateway-101', 'gateway-103', 'jump-01']),
];

function own(device: string, name: string, kind: CastCredential['kind'], twice: boolean): CastCredential {
  return {
    id: `${demoVendor}/${device}/${name}`,
    kind,
    account: `${demoVendor}-${name}`,
    targets: [device],
    vaults: twice ? demoVaults : demoVaults.slice(0, 1),
    ends: endOf(device),
  };
}

function endOf(device: string): EndState {
  if (device === demoMisbehaving.silent) return 'unverified';
  return device === demoMisbehaving.down || device === demoMisbehaving.liar ? 'untouched' : 'rotated';
}

/** On several devices; one that is down keeps it from being proven dead everywhere. */
function shared(name: string, kind: CastCredential['kind'], targets: readonly string[]): CastCredential {
  return {
    id: `${demoVendor}/shared/${name}`,
    kind,
    account: `${demoVendor}-${name}`,
    targets,
    vaults: demoVaults,
    ends: targets.includes(demoMisbehaving.down) ? 'replaced' : 'rotated',
  };
}
