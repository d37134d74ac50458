import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../src/servers/findServer.js';
import { freePort } from '../../src/servers/freePort.js';
import { spawnServer } from '../../src/servers/spawnServer.js';
import { untilReady } from '../../src/servers/untilReady.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { say } from './say.js';

export interface OpenBao {
  /** `http://127.0.0.1:port`. */
  readonly address: string;
  readonly rootToken: string;
  /** Every request and answer, one JSON object a line; values are HMACs. */
  readonly auditFile: string;
  /** A request with the root token; throws unless the answer is 2xx. Gives the JSON, `undefined` when there is none. */
  request(method: string, path: string, body?: object): Promise<unknown>;
  seal(): Promise<void>;
  unseal(): Promise<void>;
  /** The process is killed; what it stored stays. */
  stopProcess(): Promise<void>;
  /** Starts the process again at the same address, and unseals it. */
  startProcess(): Promise<void>;
  stop(): Promise<void>;
}

/** A real OpenBao server (not `-dev`): stores on disk, unsealed; KV v2 at `secret/`, AppRole at `auth/approle/`. */
export async function startOpenBao(): Promise<OpenBao> {
  const command = await findProgram('openbao', say);
  const folder = await mkdtemp(join(tmpdir(), 'relock-openbao-'));
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const auditFile = join(folder, 'audit.log');
  const config = join(folder, 'config.hcl');
  await writeFile(config, configuration(folder, port, await freePort(), auditFile));

  const start = async () => {
    const logFile = join(folder, 'server.log');
    const server = await spawnServer({ command, args: ['server', `-config=${config}`], logFile });
    const what = `OpenBao at ${address}`;
    await untilReady(
      { what, server, logFile },
      waitUntil(() => answers(address), { what, timeoutMs: 30_000 }),
    );
    return server;
  };
  let server = await start();
  const { root_token, keys } = await initialise(address);
  const request = (method: string, path: string, body?: object) => send(address, root_token, method, path, body);
  const unseal = async () => {
    await request('PUT', 'sys/unseal', { key: keys[0] });
    await waitUntil(() => active(address), { what: 'the unsealing of OpenBao', timeoutMs: 10_000, intervalMs: 10 });
  };
  await unseal();
  await request('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } });
  await request('POST', 'sys/auth/approle', { type: 'approle' });
  await waitUntil(() => mountIsReady(request, 'secret'), { what: 'the mount secret/', timeoutMs: 10_000 });

  return {
    address,
    rootToken: root_token,
    auditFile,
    request,
    seal: async () => {
      await request('PUT', 'sys/seal');
    },
    unseal,
    stopProcess: () => server.kill(),
    startProcess: async () => {
      server = await start();
      await unseal();
    },
    stop: async () => {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What `docs/vaults.md` tells to give relock: nothing more is needed. */
export function relockPolicy(mount: string): string {
  return `
    path "${mount}/data/*" { capabilities = ["create", "read", "update"] }
    path "${mount}/metadata/*" { capabilities = ["list"] }
    path "${mount}/metadata/relock/*" { capabilities = ["create", "update", "list"] }`;
}

/** What relock needs of an OpenBao whose AppRole secret-ids it rotates, and nothing more. */
export const appRolePolicy = `
path "auth/approle/role/+" { capabilities = ["read"] }
path "auth/approle/role/+/role-id" { capabilities = ["read"] }
path "auth/approle/role/+/secret-id" { capabilities = ["list", "update"] }
path "auth/approle/role/+/secret-id/lookup" { capabilities = ["update"] }
path "auth/approle/role/+/secret-id-accessor/lookup" { capabilities = ["update"] }
path "auth/approle/role/+/secret-id-accessor/destroy" { capabilities = ["update"] }
path "auth/token/accessors/" { capabilities = ["list", "sudo"] }
path "auth/token/lookup-accessor" { capabilities = ["update"] }
path "auth/token/revoke-accessor" { capabilities = ["update"] }
`;

/** A new KV v2 mount reads `400 Upgrading from non-versioned to versioned data` for a moment. */
export async function mountIsReady(request: OpenBao['request'], mount: string): Promise<true> {
  await request('GET', `${mount}/config`);
  return true;
}

function configuration(folder: string, port: number, clusterPort: number, auditFile: string): string {
  return `
storage "raft" {
  path = "${folder}"
  node_id = "one"
  performance_multiplier = 1
}
listener "tcp" {
  address = "127.0.0.1:${port}"
  cluster_address = "127.0.0.1:${clusterPort}"
  tls_disable = true
}
audit "file" "file" { options { file_path = "${auditFile}" } }
api_addr = "http://127.0.0.1:${port}"
cluster_addr = "http://127.0.0.1:${clusterPort}"
ui = false
`;
}

async function answers(address: string): Promise<true> {
  await fetch(`${address}/v1/sys/seal-status`, { signal: AbortSignal.timeout(2_000) });
  return true;
}

async function active(address: string): Promise<true | undefined> {
  const { status } = await fetch(`${address}/v1/sys/health`, { signal: AbortSignal.timeout(2_000) });
  return status === 200 ? true : undefined;
}

async function initialise(address: string): Promise<{ root_token: string; keys: string[] }> {
  const answer: unknown = await send(address, '', 'PUT', 'sys/init', { secret_shares: 1, secret_threshold: 1 });
  if (!isInitialised(answer)) throw new Error('OpenBao did not say its root token');
  return answer;
}

function isInitialised(answer: unknown): answer is { root_token: string; keys: string[] } {
  return typeof answer === 'object' && answer !== null && 'root_token' in answer && 'keys' in answer;
}

async function send(address: string, token: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${address}/v1/${path}`, {
    method,
    headers: { 'X-Vault-Token': token },
    signal: AbortSignal.timeout(10_000),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
