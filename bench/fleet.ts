import { randomBytes } from 'node:crypto';
import { type SshHost, startSshHosts } from '../test/harness/sshHost.js';
import type { Grounds } from './lanes/relock.js';

export interface Account {
  readonly name: string;
  readonly host: SshHost;
}

/** Accounts spread over hosts in turn, on real OpenSSH with PAM. */
export interface Fleet extends Grounds {
  readonly hosts: readonly SshHost[];
  readonly accounts: readonly Account[];
  stop(): Promise<void>;
}

/** As Debian has it: a refused login answers after about two seconds. */
const stockAuth = [
  'auth [success=1 default=ignore] pam_unix.so nullok',
  'auth requisite pam_deny.so',
  'auth required pam_permit.so',
  '',
].join('\n');

export async function startFleet(accounts: number, addresses: number): Promise<Fleet> {
  const files = { '/etc/pam.d/common-auth': stockAuth };
  const hosts = await startSshHosts({ count: addresses, files });
  const rootPassword = newPassword();
  const spread = hosts.flatMap((host, index) =>
    Array.from({ length: Math.ceil((accounts - index) / addresses) }, (_, turn) => ({
      name: `svc-${turn * addresses + index + 1}`,
      host,
    })),
  );
  const inTurn = spread.sort((one, other) => numberOf(one) - numberOf(other));
  await Promise.all(hosts.map((host) => addAccounts(host, inTurn, rootPassword)));
  return {
    hosts,
    accounts: inTurn,
    names: inTurn.map(({ name }) => name),
    yaml: yamlOf(hosts, inTurn),
    management: rootPassword,
    processes: { sshd: hosts.map(({ pid }) => pid) },
    reset: () => reset(hosts, inTurn),
    stop: async () => {
      await Promise.all(hosts.map((host) => host.stop()));
    },
  };
}

function yamlOf(hosts: readonly SshHost[], accounts: readonly Account[]): readonly string[] {
  const management = 'management: { account: root, secret: "primary:mgmt" }';
  return [
    'targets:',
    ...hosts.map(
      ({ address, hostKey }, index) =>
        `  host-${index}: { type: linux, address: "${address}", hostKey: "${hostKey}", ${management} }`,
    ),
    'credentials:',
    ...accounts.map(
      ({ name, host }) =>
        `  - { id: bench/${name}, vendor: bench, kind: password, account: ${name}, targets: [host-${hosts.indexOf(host)}], copies: ["primary:bench/${name}"] }`,
    ),
  ];
}

export function newPassword(): string {
  return randomBytes(18).toString('base64url');
}

function numberOf({ name }: Account): number {
  return Number(name.slice('svc-'.length));
}

async function addAccounts(host: SshHost, accounts: readonly Account[], rootPassword: string): Promise<void> {
  const own = accounts.filter((account) => account.host === host);
  const lines = own.map((account) => `${account.name}:x:${20_000 + numberOf(account)}:100::/tmp:/bin/sh\n`);
  await host.exec('newusers', lines.join(''));
  await host.setPassword('root', rootPassword);
}

async function reset(hosts: readonly SshHost[], accounts: readonly Account[]): Promise<ReadonlyMap<string, string>> {
  const passwords = new Map(accounts.map(({ name }) => [name, newPassword()]));
  await Promise.all(
    hosts.map((host) => {
      const own = accounts.filter((account) => account.host === host);
      return host.exec('chpasswd', own.map(({ name }) => `${name}:${passwords.get(name)}\n`).join(''));
    }),
  );
  return passwords;
}
