import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { expect } from 'vitest';
import type { Estate } from '../../src/config/estate.js';
import { loadEstate } from '../../src/config/loadEstate.js';
import { generateSshKey } from '../../src/secret/sshKey.js';
import { freshMount, type TestMount } from '../contract/openbao.harness.js';
import { type HoldingProxy, holdingProxy } from '../harness/holdingProxy.js';
import { relockPolicy } from '../harness/openBao.js';
import { type SshHost, startSshHost } from '../harness/sshHost.js';
import { tryLogin } from '../harness/sshLogin.js';
import { Traffic } from './checkpoints.js';

export interface Stoppable {
  /** `itron/<name>`; its account is `u-<name>`. */
  readonly name: string;
  readonly kind: 'password' | 'ssh-key';
  readonly vendor?: string;
  readonly everyDays?: number;
}

/** OpenBao behind proxies that can hold single requests, one OpenSSH host with PAM, and a folder with relock.yaml for each who rotates. */
export interface StoppableEstate {
  /** One for each who rotates; all speak of the same vault and host. */
  readonly folders: readonly string[];
  readonly vault: TestMount;
  readonly host: SshHost;
  readonly proxies: readonly HoldingProxy[];
  readonly traffic: Traffic;
  readonly environment: Readonly<Record<string, string>>;
  estate(): Estate;
  /** What the vendor knew. */
  stolen(name: string): string;
  /** What readers get. */
  current(name: string): Promise<string>;
  /** With the stock client. */
  logIn(name: string, secret: string): Promise<string>;
  /** What readers get opens the account; nothing else that was ever held for it, nor what is given, does. */
  expectOnlyCurrentOpens(name: string, others?: readonly string[]): Promise<void>;
  /** Everything in the vault and on the host that a rotation could change, and how much the host's SSH server has logged. */
  snapshot(): Promise<Snapshot>;
  stop(): Promise<void>;
}

export interface Snapshot {
  readonly vault: Readonly<Record<string, unknown>>;
  readonly host: string;
  readonly logins: string;
}

const loginsAtOnce = 4;
const rootPassword = 'r00t-of-the-host';
const timing =
  'timing: { callMs: 120000, probeMs: 15000, effectMs: 10000, probeAgainMs: 300, settleDeadlineMs: 8000, stragglerMs: 20000 }';

export async function stoppableEstate(credentials: readonly Stoppable[], rotators = 1): Promise<StoppableEstate> {
  const [vault, host] = await Promise.all([freshMount(), startSshHost({ sshdConfig: ['MaxStartups 100'] })]);
  const proxies = await Promise.all(Array.from({ length: rotators }, () => holdingProxy(vault.address)));
  const stolen = new Map(credentials.map((each) => [each.name, stolenSecret(each)]));
  await host.setPassword('root', rootPassword);
  await vault.personWrites('mgmt/host', { password: rootPassword });
  for (const { name, kind } of credentials) await seed(vault, host, name, kind, stolen.get(name));
  const environment = { STOPPABLE_TOKEN: await vault.tokenWith(relockPolicy(vault.mount)) };
  const folders = proxies.map((proxy) => folderWith(describe(credentials, vault, proxy.address, host)));
  const kindOf = (name: string) => credentials.find((each) => each.name === name)?.kind;
  const secretOf = (name: string) => stolen.get(name)?.secret ?? '';
  const traffic = new Traffic(proxies, vault.mount);

  const current = async (name: string) => {
    const seen = await vault.readerSees(`itron/${name}`);
    return String(seen?.password ?? seen?.private_key);
  };
  const limit = pLimit(loginsAtOnce);
  const logIn = (name: string, secret: string) =>
    limit(() =>
      tryLogin({
        address: host.address,
        user: `u-${name}`,
        ...(kindOf(name) === 'password' ? { password: secret } : { privateKey: secret }),
      }),
    );

  return {
    folders,
    vault,
    host,
    proxies,
    traffic,
    environment,
    estate: () => estateIn(folders[0] ?? '', environment),
    stolen: secretOf,
    current,
    logIn,
    async expectOnlyCurrentOpens(name, more = []) {
      const opens = await current(name);
      const others = new Set([secretOf(name), ...traffic.valuesOf(`itron/${name}`), ...more]);
      others.delete(opens);
      expect(await logIn(name, opens), `${name}: what readers get`).toBe('accepted');
      for (const other of others) expect(await logIn(name, other), `${name}: another value`).toBe('refused');
    },
    snapshot: async () => ({
      vault: await tree(vault, ''),
      host: await host.exec('cat /etc/shadow; for f in /home/*/.ssh/authorized_keys; do echo "$f"; cat "$f"; done'),
      logins: await host.exec('wc -l < /var/log/sshd.log'),
    }),
    async stop() {
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await host.stop();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Stolen {
  /** What opens the account. */
  readonly secret: string;
  readonly fields: Readonly<Record<string, string>>;
}

function stolenSecret({ name, kind }: Stoppable): Stolen {
  if (kind === 'password') return { secret: `St0len-${name}`, fields: { password: `St0len-${name}` } };
  const key = generateSshKey(name);
  return { secret: key.reveal('private_key'), fields: key.revealAll() };
}

async function seed(vault: TestMount, host: SshHost, name: string, kind: Stoppable['kind'], stolen?: Stolen) {
  const login =
    kind === 'password'
      ? { password: stolen?.secret ?? '' }
      : { authorizedKeys: ['# do not touch', stolen?.fields.public_key ?? ''] };
  await host.addUser({ name: `u-${name}`, ...login });
  await vault.personWrites(`itron/${name}`, { username: `u-${name}`, ...stolen?.fields });
}

function describe(credentials: readonly Stoppable[], vault: TestMount, address: string, host: SshHost): string {
  return [
    'vaults:',
    `  primary: { driver: openbao, address: "${address}", mount: ${vault.mount}, auth: { method: token, tokenEnv: STOPPABLE_TOKEN } }`,
    'artifacts: { driver: folder, path: ./evidence }',
    'waves: { canary: 1, haltAtFailedPercent: 100 }',
    timing,
    'targets:',
    `  headend: { type: linux, address: "${host.address}", hostKey: "${host.hostKey}", management: { account: root, secret: "primary:mgmt/host" } }`,
    'credentials:',
    ...credentials.map(
      ({ name, kind, vendor = 'itron', everyDays }) =>
        `  - { id: itron/${name}, vendor: ${vendor}, kind: ${kind}, account: u-${name}, targets: [headend], copies: ["primary:itron/${name}"]${everyDays === undefined ? '' : `, everyDays: ${everyDays}`} }`,
    ),
    '',
  ].join('\n');
}

function folderWith(configuration: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'relock-stoppable-'));
  writeFileSync(join(folder, 'relock.yaml'), configuration);
  return folder;
}

function estateIn(folder: string, environment: Readonly<Record<string, string>>): Estate {
  const loaded = loadEstate(join(folder, 'relock.yaml'), { environment, now: Date.now });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.estate;
}

/** Every document below, with its version. */
async function tree(vault: TestMount, prefix: string): Promise<Readonly<Record<string, unknown>>> {
  const { body } = await vault.api('LIST', `${vault.mount}/metadata/${prefix}`);
  const { keys } = (body as { data: { keys: string[] } }).data;
  const below = await Promise.all(
    keys.map(async (key) => {
      const path = `${prefix}${key}`;
      if (key.endsWith('/')) return tree(vault, path);
      const { body: document } = await vault.api('GET', `${vault.mount}/data/${path}`);
      return { [path]: (document as { data: unknown }).data };
    }),
  );
  return Object.assign({}, ...below);
}
