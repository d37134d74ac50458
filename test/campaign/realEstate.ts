import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSshKey } from '../../src/secret/sshKey.js';
import { freePort } from '../../src/servers/freePort.js';
import { createIdentity } from '../../src/vaults/file/identity.js';
import { freshMount, type TestMount } from '../contract/openbao.harness.js';
import { type FrrRouter, startFrr } from '../harness/frr.js';
import { relockPolicy } from '../harness/openBao.js';
import { type SshHost, startSshHost, startSshHosts } from '../harness/sshHost.js';

/** A small utility: OpenBao and a folder of age files, three OpenSSH hosts, a dropbear gateway, an FRR router, an AppRole. */
export interface RealEstate {
  readonly folder: string;
  readonly vault: TestMount;
  readonly hosts: readonly SshHost[];
  readonly gateway: SshHost;
  readonly router: FrrRouter;
  /** What the vendor knew, by credential. */
  readonly stolen: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const rootPassword = 'r00t-of-the-hosts';
const stolen = {
  'itron/headend-svc': 'St0len-headend-svc',
  'itron/everywhere': 'St0len-everywhere',
  'itron/gateway': 'St0len-gateway-pw',
  'itron/router-vty': 'st0lenVty1',
  'itron/off': 'St0len-switched-off',
};

export async function startRealEstate(): Promise<RealEstate> {
  const router = {
    vtyPassword: stolen['itron/router-vty'],
    enablePassword: 'enab1ePw',
    login: { name: 'admin', password: 'router-Admin1' },
  };
  const [vault, hosts, gateway, frr] = await Promise.all([
    freshMount(),
    startSshHosts({ count: 3 }),
    startSshHost({ dropbear: true }),
    startFrr(router),
  ]);
  const key = generateSshKey('stolen');
  const role = await seedAccounts(vault, hosts, gateway, key.reveal('public_key'));
  await seedVault(vault, { ...stolen, mgmt: rootPassword, router: router.login.password });
  await vault.personWrites('itron/sftp-key', { ...key.revealAll(), username: 'itron-key' });
  await vault.personWrites('itron/meter-feed', role);
  const folder = mkdtempSync(join(tmpdir(), 'relock-estate-'));
  await createIdentity(join(folder, 'vault.key'));
  mkdirSync(join(folder, 'vault'));
  writeFileSync(join(folder, 'relock.yaml'), await describe({ vault, hosts, gateway, frr }));
  const token = await vault.tokenWith(relockPolicy(vault.mount));
  return {
    folder,
    vault,
    hosts,
    gateway,
    router: frr,
    stolen: { ...stolen, 'itron/sftp-key': key.reveal('private_key'), 'itron/meter-feed': role.secret_id },
    environment: { RELOCK_TEST_TOKEN: token },
    stop: async () => {
      await Promise.all([...hosts, gateway, frr].map((server) => server.stop()));
    },
  };
}

async function seedAccounts(vault: TestMount, hosts: readonly SshHost[], gateway: SshHost, publicKey: string) {
  for (const host of [...hosts, gateway]) await host.setPassword('root', rootPassword);
  const [first, second, third] = hosts;
  await first?.addUser({ name: 'itron-svc', password: stolen['itron/headend-svc'] });
  for (const host of hosts) await host.addUser({ name: 'itron-all', password: stolen['itron/everywhere'] });
  await second?.addUser({ name: 'itron-key', authorizedKeys: ['# do not touch', publicKey] });
  await third?.addUser({ name: 'itron-two', password: 'St0len-two-copies' });
  await gateway.addUser({ name: 'itron-gw', password: stolen['itron/gateway'] });
  return makeRole(vault);
}

/** An AppRole of the vendor, in the same OpenBao. */
async function makeRole(vault: TestMount): Promise<{ role_id: string; secret_id: string; secret_id_accessor: string }> {
  const role = roleName(vault);
  await vault.api('POST', `auth/approle/role/${role}`, { token_ttl: '1h', token_policies: 'default' });
  const id = await vault.api('GET', `auth/approle/role/${role}/role-id`);
  const slot = await vault.api('POST', `auth/approle/role/${role}/secret-id`, {});
  return {
    ...dataOf<{ role_id: string }>(id.body),
    ...dataOf<{ secret_id: string; secret_id_accessor: string }>(slot.body),
  };
}

function roleName(vault: TestMount): string {
  return `feed-${createHash('sha256').update(vault.mount).digest('hex').slice(0, 8)}`;
}

function dataOf<Data>(body: unknown): Data {
  const { data } = body as { data: Data };
  return data;
}

async function seedVault(vault: TestMount, values: Readonly<Record<string, string>>): Promise<void> {
  const { mgmt = '', router = '', ...credentials } = values;
  for (const [path, password] of Object.entries(credentials)) await vault.personWrites(path, { password });
  await vault.personWrites('mgmt/hosts', { password: mgmt });
  await vault.personWrites('mgmt/router', { password: router });
  await vault.personWrites('mgmt/bao', { token: vault.rootToken });
  await vault.personWrites('itron/two', { username: 'itron-two', password: 'St0len-two-copies', note: 'kept' });
}

interface Servers {
  readonly vault: TestMount;
  readonly hosts: readonly SshHost[];
  readonly gateway: SshHost;
  readonly frr: FrrRouter;
}

async function describe({ vault, hosts, gateway, frr }: Servers): Promise<string> {
  const closed = await freePort();
  const linux = (name: string, host: SshHost, address = host.address) =>
    `  ${name}: { type: linux, address: "${address}", hostKey: "${host.hostKey}", management: { account: root, secret: "primary:mgmt/hosts" } }`;
  return [
    'vaults:',
    `  primary: { driver: openbao, address: "${vault.address}", mount: ${vault.mount}, auth: { method: token, tokenEnv: RELOCK_TEST_TOKEN } }`,
    '  local: { driver: file, path: ./vault, identityFile: ./vault.key }',
    'artifacts: { driver: folder, path: ./evidence }',
    'waves: { canary: 2, haltAtFailedPercent: 50 }',
    'timing: { callMs: 20000, probeMs: 10000, effectMs: 15000, probeAgainMs: 500, settleDeadlineMs: 20000, stragglerMs: 1000 }',
    'targets:',
    ...hosts.map((host, index) => linux(`headend-0${index + 1}`, host)),
    linux('gateway', gateway),
    linux('switched-off', gateway, `127.0.0.1:${closed}`),
    `  router: { type: frr, address: "${frr.host.address}", hostKey: "${frr.host.hostKey}", probeAddress: "${frr.vtyAddress}", management: { account: admin, secret: "primary:mgmt/router" } }`,
    // Killed between a counted login and the word that it was good, the role waits a day: not what is tested here.
    `  bao: { type: openbao, address: "${vault.address}", lockoutThreshold: null, management: { account: root, secret: "primary:mgmt/bao" } }`,
    'credentials:',
    ...[
      '{ id: itron/headend-svc, vendor: itron, kind: password, account: itron-svc, targets: [headend-01], copies: ["primary:itron/headend-svc"] }',
      '{ id: itron/everywhere, vendor: itron, kind: password, account: itron-all, targets: [headend-01, headend-02, headend-03], copies: ["primary:itron/everywhere"] }',
      '{ id: itron/sftp-key, vendor: itron, kind: ssh-key, account: itron-key, targets: [headend-02], copies: ["primary:itron/sftp-key"] }',
      '{ id: itron/two, vendor: itron, kind: password, account: itron-two, targets: [headend-03], copies: ["primary:itron/two", "local:itron/two"], adopt: true }',
      '{ id: itron/gateway, vendor: itron, kind: password, account: itron-gw, targets: [gateway], copies: ["primary:itron/gateway"] }',
      '{ id: itron/router-vty, vendor: itron, kind: password, account: vty, targets: [router], copies: ["primary:itron/router-vty"] }',
      `{ id: itron/meter-feed, vendor: itron, kind: approle-secret-id, account: ${roleName(vault)}, targets: [bao], copies: ["primary:itron/meter-feed"] }`,
      '{ id: itron/off, vendor: itron, kind: password, account: itron-gw, targets: [switched-off], copies: ["primary:itron/off"] }',
      '{ id: other/svc, vendor: other, kind: password, account: other, targets: [headend-01], copies: ["primary:other/svc"] }',
    ].map((entry) => `  - ${entry}`),
  ].join('\n');
}
