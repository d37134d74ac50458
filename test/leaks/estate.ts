import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { generateSshKey } from '../../src/secret/sshKey.js';
import { freePort } from '../../src/servers/freePort.js';
import { createIdentity } from '../../src/vaults/file/identity.js';
import { makeKey, type SigningKey } from '../approval/sshKeys.js';
import { freshMount, type TestMount } from '../contract/openbao.harness.js';
import { makeManager, makeRole } from '../contract/postgresql.harness.js';
import { type FrrRouter, startFrr } from '../harness/frr.js';
import { relockPolicy } from '../harness/openBao.js';
import { type Postgres, startPostgres } from '../harness/postgres.js';
import { sharedOpenBao } from '../harness/shared.js';
import { type SshHost, startSshHost } from '../harness/sshHost.js';
import { describeEstate } from './estateText.js';
import { hostPlaces } from './hostPlaces.js';
import type { Place } from './leakScan.js';
import { awkwardPassword, partsOfKey, shortPassword } from './secrets.js';
import { startSyslog } from './syslog.js';

export type Secrets = Readonly<Record<string, string | Buffer>>;

/** The variable by which the user gives relock its vault token. */
export const tokenVariable = 'RELOCK_TEST_TOKEN';

/** A utility of every kind of target, all of which log as much as they can, with secrets that exist nowhere else. */
export interface LeakEstate {
  readonly folder: string;
  /** TMPDIR of relock. */
  readonly temporary: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly vault: TestMount;
  readonly opener: SigningKey;
  readonly approver: SigningKey;
  /** What was secret before anything happened. */
  readonly old: Secrets;
  /** What readers get from the vault now. */
  current(): Promise<Secrets>;
  /** Logs and files of vault and targets, from the moment when relock could begin. */
  logs(): Promise<readonly Place[]>;
  stop(): Promise<void>;
}

export interface Servers {
  readonly vault: TestMount;
  /** The second one's account has another password than the vault says; the third one refuses every new password. */
  readonly hosts: readonly [SshHost, SshHost, SshHost];
  readonly router: FrrRouter;
  readonly postgres: Postgres;
}

const accounts = {
  'itron/headend-svc': 'itron-svc',
  'itron/everywhere': 'itron-all',
  'itron/person': 'itron-person',
  'itron/two': 'itron-two',
  'acme/rolling': 'acme-svc',
} as const;

export async function startLeakEstate(): Promise<LeakEstate> {
  const passwords = {
    ...Object.fromEntries(Object.keys(accounts).map((id) => [id, awkwardPassword()])),
    'itron/off': awkwardPassword(),
    'itron/router-vty': shortPassword(),
    'mgmt/hosts': awkwardPassword(),
    'mgmt/router': awkwardPassword(),
  };
  const enable = shortPassword();
  const servers = await startServers(passwords['itron/router-vty'], enable, passwords['mgmt/router']);
  const { vault, hosts, postgres } = servers;
  const key = generateSshKey('stolen');
  await seedHosts(hosts, passwords, key.reveal('public_key'));
  const role = await makeAppRole(vault);
  const billing = { role: await makeRole(postgres, 'itron_billing'), manager: await makeManager(postgres) };
  await seedVault(vault, passwords);
  await vault.personWrites('itron/sftp-key', { ...key.revealAll(), username: 'itron-key' });
  await vault.personWrites('itron/meter-feed', role);
  await vault.personWrites('itron/billing', { username: 'itron_billing', ...billing.role.revealAll() });
  await vault.personWrites('mgmt/postgres', { ...billing.manager.secret.revealAll() });
  await vault.personWrites('mgmt/bao', { token: vault.rootToken });

  const folder = mkdtempSync(join(tmpdir(), 'relock-leaks-'));
  const temporary = mkdtempSync(join(tmpdir(), 'relock-leaks-tmp-'));
  await createIdentity(join(folder, 'vault.key'));
  mkdirSync(join(folder, 'vault'));
  const [opener, approver] = [makeKey(), makeKey()];
  writeFileSync(join(folder, 'approvers'), `opener ${opener.line}\nanna ${approver.line}\n`);
  writeFileSync(
    join(folder, 'relock.yaml'),
    describeEstate({ ...servers, closedPort: await freePort(), role: roleName(vault) }),
  );
  const token = await vault.tokenWith(relockPolicy(vault.mount));
  const { auditFile } = await sharedOpenBao();
  const loggedBefore = (await postgres.log()).length;
  const current = () => currentSecrets(vault);
  return {
    folder,
    temporary,
    vault,
    opener,
    approver,
    environment: { [tokenVariable]: token, TMPDIR: temporary },
    current,
    old: {
      ...(await current()),
      ...passwords,
      ...partsOfKey("the opener's key", readFileSync(opener.file, 'utf8')),
      ...partsOfKey("the approver's key", readFileSync(approver.file, 'utf8')),
      'the enable password': enable,
      'the root token of the vault': vault.rootToken,
      "relock's token": token,
      'the age identity': readFileSync(join(folder, 'vault.key'), 'utf8').match(/AGE-SECRET-KEY-1[A-Z0-9]+/)?.[0] ?? '',
      ...(await shadowHashes(hosts)),
    },
    logs: async () => [
      { name: "the vault's audit log", content: readFileSync(auditFile) },
      { name: "PostgreSQL's log", content: (await postgres.log()).slice(loggedBefore) },
      ...[...hosts, servers.router.host].flatMap(hostPlaces),
    ],
    stop: async () => {
      await Promise.all([...hosts, servers.router, postgres].map((server) => server.stop()));
      for (const each of [folder, temporary]) rmSync(each, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

const loudly = {
  sshdConfig: ['LogLevel DEBUG3'],
  pamAuth: ['auth optional pam_warn.so', 'auth optional pam_unix.so debug audit nullok nodelay'],
} as const;

async function startServers(vtyPassword: string, enablePassword: string, admin: string): Promise<Servers> {
  const login = { name: 'admin', password: admin };
  const [vault, first, second, third, router, postgres] = await Promise.all([
    freshMount(),
    startSshHost(loudly),
    startSshHost(loudly),
    startSshHost({ ...loudly, pwquality: 'retry=1 minlen=99 enforce_for_root' }),
    startFrr({ vtyPassword, enablePassword, login }),
    startPostgres(),
  ]);
  await Promise.all([first, second, third, router.host].map(startSyslog));
  const loud = ['conf t', 'log file /var/log/frr/frr.log debugging', 'log syslog debugging', 'log commands', 'end'];
  await router.host.exec(`vtysh ${loud.map((line) => `-c '${line}'`).join(' ')} -c 'write memory'`);
  return { vault, hosts: [first, second, third], router, postgres };
}

async function seedHosts(
  [first, second, third]: Servers['hosts'],
  passwords: Readonly<Record<string, string>>,
  publicKey: string,
): Promise<void> {
  const user = (id: keyof typeof accounts) => ({ name: accounts[id], password: passwords[id] ?? '' });
  for (const host of [first, second]) await host.setPassword('root', passwords['mgmt/hosts'] ?? '');
  for (const id of ['itron/headend-svc', 'itron/everywhere', 'itron/two', 'acme/rolling'] as const)
    await first.addUser(user(id));
  await second.addUser({ ...user('itron/everywhere'), password: awkwardPassword() });
  await second.addUser(user('itron/person'));
  await second.addUser({ name: 'itron-key', authorizedKeys: ['# do not touch', publicKey] });
  // The third one refuses every password: these are set by their hashes.
  await third.addUser({ name: accounts['acme/rolling'] });
  for (const account of ['root', accounts['acme/rolling']]) {
    const hash = (await first.shadowLine(account)).split(':')[1] ?? '';
    await third.exec('chpasswd -e', `${account}:${hash}\n`);
  }
}

async function seedVault(vault: TestMount, passwords: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, password] of Object.entries(passwords)) await vault.personWrites(path, { password });
}

const roleAnswer = z.object({ data: z.object({ role_id: z.string() }) });
const slotAnswer = z.object({ data: z.object({ secret_id: z.string(), secret_id_accessor: z.string() }) });

async function makeAppRole(vault: TestMount) {
  const role = `auth/approle/role/${roleName(vault)}`;
  await vault.api('POST', role, { token_ttl: '1h', token_policies: 'default' });
  const { data: id } = roleAnswer.parse((await vault.api('GET', `${role}/role-id`)).body);
  const { data: slot } = slotAnswer.parse((await vault.api('POST', `${role}/secret-id`, {})).body);
  return { ...id, ...slot };
}

function roleName(vault: TestMount): string {
  return `feed-${createHash('sha256').update(vault.mount).digest('hex').slice(0, 8)}`;
}

const secretFields = ['password', 'secret_id', 'token'];
const paths = [...Object.keys(accounts), 'itron/billing', 'itron/meter-feed', 'itron/router-vty', 'itron/off'];

async function currentSecrets(vault: TestMount): Promise<Secrets> {
  const found = [...paths, 'mgmt/postgres'].map(async (path) => {
    const fields = Object.entries((await vault.readerSees(path)) ?? {});
    return fields.flatMap(([field, value]) =>
      secretFields.includes(field) ? [[`${path} in the vault`, String(value)] as const] : [],
    );
  });
  const key = await vault.readerSees('itron/sftp-key');
  return {
    ...Object.fromEntries((await Promise.all(found)).flat()),
    ...partsOfKey('itron/sftp-key in the vault', String(key?.private_key)),
  };
}

/** Undo needs them, and whoever has one can guess. */
async function shadowHashes([first, second]: Servers['hosts']): Promise<Secrets> {
  const accountsOf = [
    [first, 'itron-svc'],
    [second, 'itron-person'],
  ] as const;
  const hashes = accountsOf.map(async ([host, account]) => {
    const [, hash = ''] = (await host.shadowLine(account)).split(':');
    return [`the hash of ${account}`, hash] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}
