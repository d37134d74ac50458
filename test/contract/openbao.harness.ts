import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { sharedOpenBao } from '../harness/shared.js';

const readAnswer = z.object({ data: z.object({ data: z.record(z.string(), z.unknown()) }) });
const roleIdAnswer = z.object({ data: z.object({ role_id: z.string() }) });
const secretIdAnswer = z.object({ data: z.object({ secret_id: z.string() }) });
const keysAnswer = z.object({ data: z.object({ keys: z.array(z.string()) }) });
const lookupAnswer = z.object({ data: z.object({ meta: z.object({ role_name: z.string() }).nullable() }) });
const tokenAnswer = z.object({ auth: z.object({ client_token: z.string() }) });

/** A KV mount of its own in the shared server, worked on with nothing of relock's. */
export interface TestMount {
  readonly address: string;
  readonly mount: string;
  readonly rootToken: string;
  api(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }>;
  personWrites(path: string, content: Readonly<Record<string, unknown>>): Promise<void>;
  readerSees(path: string): Promise<Readonly<Record<string, unknown>> | null>;
  /** A token with exactly this policy. */
  tokenWith(policy: string): Promise<string>;
  /** A role with exactly this policy, and one way to log in with it. */
  appRoleWith(policy: string, tokenTtl?: string): Promise<TestAppRole>;
}

export interface TestAppRole {
  readonly roleId: string;
  readonly secretId: string;
  /** Accessors of the tokens that live from logins with it. */
  tokens(): Promise<readonly string[]>;
  revokeTokens(): Promise<void>;
}

export async function freshMount(): Promise<TestMount> {
  const { address, rootToken } = await sharedOpenBao();
  const mount = `kv-${randomUUID()}`;

  async function api(method: string, path: string, body?: object) {
    const response = await fetch(`${address}/v1/${path}`, {
      method,
      headers: { 'X-Vault-Token': rootToken },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  async function must(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await api(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async function addPolicy(policy: string): Promise<string> {
    const name = `policy-${randomUUID()}`;
    await must('PUT', `sys/policies/acl/${name}`, { policy });
    return name;
  }

  async function tokensOf(roleName: string): Promise<readonly string[]> {
    const { keys } = keysAnswer.parse(await must('LIST', 'auth/token/accessors')).data;
    const owners = await Promise.all(
      keys.map(async (accessor) => {
        const found = lookupAnswer.safeParse((await api('POST', 'auth/token/lookup-accessor', { accessor })).body);
        return found.success ? found.data.data.meta?.role_name : undefined;
      }),
    );
    return keys.filter((_, index) => owners[index] === roleName);
  }

  await must('POST', `sys/mounts/${mount}`, { type: 'kv', options: { version: '2' } });
  await waitUntil(() => must('GET', `${mount}/config`), { what: `the mount ${mount}`, timeoutMs: 10_000 });
  const data = (path: string) => `${mount}/data/${path.split('/').map(encodeURIComponent).join('/')}`;

  return {
    address,
    mount,
    rootToken,
    api,
    personWrites: async (path, content) => void (await must('POST', data(path), { data: content })),
    readerSees: async (path) => {
      const { status, body } = await api('GET', data(path));
      return status === 404 ? null : readAnswer.parse(body).data.data;
    },
    tokenWith: async (policy) => {
      const body = await must('POST', 'auth/token/create', { policies: [await addPolicy(policy)] });
      return tokenAnswer.parse(body).auth.client_token;
    },
    appRoleWith: async (policy, tokenTtl = '1h') => {
      const roleName = randomUUID();
      const role = `auth/approle/role/${roleName}`;
      await must('POST', role, { token_policies: [await addPolicy(policy)], token_ttl: tokenTtl });
      const roleId = roleIdAnswer.parse(await must('GET', `${role}/role-id`)).data.role_id;
      const secretId = secretIdAnswer.parse(await must('POST', `${role}/secret-id`, {})).data.secret_id;
      const tokens = () => tokensOf(roleName);
      const revokeTokens = async () => {
        for (const accessor of await tokens()) await must('POST', 'auth/token/revoke-accessor', { accessor });
      };
      return { roleId, secretId, tokens, revokeTokens };
    },
  };
}
