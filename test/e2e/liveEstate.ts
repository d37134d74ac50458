import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServerProcess, spawnServer } from '../../src/servers/spawnServer.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { type Ended, runRelock } from '../cli/runRelock.js';
import { sharedOpenBao } from '../harness/shared.js';
import { type SshHost, startSshHost } from '../harness/sshHost.js';
import { type LoginAnswer, tryLogin } from '../harness/sshLogin.js';

export interface LiveEstate {
  readonly folder: string;
  readonly host: SshHost;
  /** What the account's password was before anything happened. */
  readonly firstPassword: string;
  /** What readers of the vault get now. */
  currentPassword(): Promise<string>;
  /** With the stock ssh client. */
  logIn(password: string): Promise<LoginAnswer>;
  /** Runs a relock command here and waits for its end. */
  relock(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Starts a relock command that stays, and returns once its output has this text. */
  start(args: readonly string[], until: string, environment?: Readonly<Record<string, string>>): Promise<Staying>;
  stop(): Promise<void>;
}

export interface Staying extends Pick<ServerProcess, 'kill' | 'stop' | 'ended'> {
  output(): string;
}

export const account = 'itron-svc';
export const credential = 'itron/headend-svc';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** OpenBao, one OpenSSH host with one shared account, and a relock.yaml about them. */
export async function liveEstate(): Promise<LiveEstate> {
  const folder = mkdtempSync(join(tmpdir(), 'relock-live-'));
  const [bao, host] = await Promise.all([sharedOpenBao(), startSshHost()]);
  const mount = `live-${process.pid}-${Date.now()}`;
  const vault = vaultAt(bao.address, bao.rootToken, mount);
  const firstPassword = `first-${Math.random().toString(36).slice(2)}-x9`;
  const rootPassword = `root-${Math.random().toString(36).slice(2)}-y8`;
  await host.addUser({ name: account, password: firstPassword });
  await host.setPassword('root', rootPassword);
  await vault.mount();
  await vault.write(credential, { username: account, password: firstPassword });
  await vault.write('mgmt/headend', { password: rootPassword });
  writeFileSync(join(folder, 'relock.yaml'), configuration(bao.address, mount, host));
  const environment = { LIVE_VAULT_TOKEN: bao.rootToken };
  const running: ServerProcess[] = [];
  return {
    folder,
    host,
    firstPassword,
    currentPassword: () => vault.password(credential),
    logIn: (password) => tryLogin({ address: host.address, user: account, password }),
    relock: (args, more = {}) => runRelock(folder, args, { ...environment, ...more }),
    async start(args, until, more = {}) {
      const logFile = join(folder, `${running.length}-${args[0]}.log`);
      const command = ['--import', import.meta.resolve('tsx'), main, '--config', join(folder, 'relock.yaml'), ...args];
      const env = { ...process.env, ...environment, ...more };
      const server = await spawnServer({ command: process.execPath, args: command, logFile, env });
      running.push(server);
      const output = () => readFileSync(logFile, 'utf8');
      const said = async () => {
        if (server.hasEnded()) throw new Error(`relock ${args.join(' ')} ended: ${output()}`);
        return output().includes(until) || undefined;
      };
      await waitUntil(said, { what: `"${until}" from relock ${args.join(' ')}`, timeoutMs: 60_000 });
      return { ...server, output };
    },
    async stop() {
      await Promise.all(running.map((server) => server.kill()));
      await host.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(vault: string, mount: string, host: SshHost): string {
  return [
    'vaults:',
    `  primary: { driver: openbao, address: "${vault}", mount: ${mount}, auth: { method: token, tokenEnv: LIVE_VAULT_TOKEN } }`,
    'artifacts: { driver: folder, path: ./evidence }',
    'timing: { effectMs: 8000, probeAgainMs: 200, settleDeadlineMs: 25000, stragglerMs: 30000, callMs: 20000, probeMs: 5000 }',
    'targets:',
    `  headend: { type: linux, address: "${host.address}", hostKey: "${host.hostKey}", management: { account: root, secret: "primary:mgmt/headend" } }`,
    'credentials:',
    `  - { id: ${credential}, vendor: itron, kind: password, account: ${account}, targets: [headend], copies: ["primary:${credential}"] }`,
    '',
  ].join('\n');
}

function vaultAt(address: string, token: string, mount: string) {
  const request = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${address}/v1/${path}`, {
      method,
      headers: { 'X-Vault-Token': token },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    async mount() {
      await request('POST', `sys/mounts/${mount}`, { type: 'kv', options: { version: '2' } });
      await waitUntil(async () => (await request('GET', `${mount}/config`)) ?? true, {
        what: mount,
        timeoutMs: 10_000,
      });
    },
    write: (path: string, data: object) => request('POST', `${mount}/data/${path}`, { data }),
    async password(path: string): Promise<string> {
      const answer = await request('GET', `${mount}/data/${path}`);
      return passwordIn(answer);
    },
  };
}

function passwordIn(answer: unknown): string {
  const found = /"password":"([^"]*)"/.exec(JSON.stringify(answer));
  if (found?.[1] === undefined) throw new Error('the vault has no password there');
  return found[1];
}

/** Password changes on the host stop right before they happen, until they are let go. */
export async function holdChanges(host: SshHost): Promise<{ reached(): Promise<true>; letGo(): Promise<void> }> {
  await host.exec('rm -f /run/reached /run/go');
  await host.writeFile(
    '/etc/hold-change',
    '#!/bin/sh\ntouch /run/reached\nwhile [ ! -e /run/go ]; do sleep 0.05; done\n',
  );
  await host.exec('chmod 755 /etc/hold-change');
  const pam = await host.readFile('/etc/pam.d/chpasswd');
  if (!pam.includes('hold-change'))
    await host.writeFile('/etc/pam.d/chpasswd', `password optional pam_exec.so /etc/hold-change\n${pam}`);
  const here = async () => ((await host.run('test -e /run/reached')).code === 0 ? (true as const) : undefined);
  return {
    reached: () => waitUntil(here, { what: 'a password change', timeoutMs: 60_000 }),
    letGo: async () => {
      await host.exec('touch /run/go');
    },
  };
}
