import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { appRolePolicy, type OpenBao, startOpenBao } from '../../../harness/openBao.js';
import type { Fields, Login } from '../../estate.js';
import { mishaps } from '../mishaps.js';
import { openBaoMishaps } from '../openBaoMishaps.js';
import type { StartTargets } from './stockTarget.js';

const account = 'itron-feed';
const role = `auth/approle/role/${account}`;
const text = z.string();
const roleIdAnswer = z.object({ data: z.object({ role_id: text }) });
const slotAnswer = z.object({ data: z.object({ secret_id: text, secret_id_accessor: text }) });
const listAnswer = z.object({ data: z.object({ keys: z.array(text) }) });
const tokenAnswer = z.object({ auth: z.object({ client_token: text }) });

/** Secret-ids of one role, issued by another OpenBao than the vault. */
export const startAppRole: StartTargets = async (through) => {
  const bao = await startOpenBao();
  const { hostname: host, port } = new URL(bao.address);
  const address = await through({ id: 'target', speaks: 'http', host, port: Number(port) });
  // Who looks must not be locked out by looking.
  await bao.request('POST', 'sys/auth/approle/tune', { user_lockout_config: { lockout_disable: true } });
  return {
    kind: 'approle-secret-id',
    account,
    settings: { target: { type: 'openbao', address: `http://${address}`, lockoutThreshold: null } },
    management: { account: 'relock', fields: { token: await managementToken(bao) } },
    loginFields: ['role_id', 'secret_id'],
    fresh: async () => ({
      role_id: await roleId(bao),
      secret_id: randomUUID(),
      secret_id_accessor: randomUUID(),
    }),
    plant: () => makeRole(bao),
    change: () => replaceSlots(bao),
    logIn: (_target, fields) => logIn(bao, fields),
    accepts: async () => (await slots(bao)).length,
    ...mishaps(openBaoMishaps(bao, 'target')),
    stop: bao.stop,
  };
};

async function managementToken(bao: OpenBao): Promise<string> {
  await bao.request('PUT', 'sys/policies/acl/relock', { policy: appRolePolicy });
  return tokenAnswer.parse(await bao.request('POST', 'auth/token/create', { policies: ['relock'] })).auth.client_token;
}

/** Anew, with one secret-id. */
async function makeRole(bao: OpenBao): Promise<Fields> {
  await bao.request('DELETE', role);
  await bao.request('POST', role, { token_ttl: '1h', token_policies: 'default' });
  return issue(bao);
}

async function issue(bao: OpenBao): Promise<Fields> {
  const { data } = slotAnswer.parse(await bao.request('POST', `${role}/secret-id`, {}));
  return { role_id: await roleId(bao), ...data };
}

async function slots(bao: OpenBao): Promise<readonly string[]> {
  return listAnswer.parse(await bao.request('LIST', `${role}/secret-id`)).data.keys;
}

/** A person issues one, and destroys what there was. */
async function replaceSlots(bao: OpenBao): Promise<Fields> {
  const before = await slots(bao);
  const fields = await issue(bao);
  for (const secret_id_accessor of before) {
    await bao.request('POST', `${role}/secret-id-accessor/destroy`, { secret_id_accessor });
  }
  return fields;
}

async function roleId(bao: OpenBao): Promise<string> {
  return roleIdAnswer.parse(await bao.request('GET', `${role}/role-id`)).data.role_id;
}

async function logIn({ address }: OpenBao, { role_id, secret_id }: Fields): Promise<Login> {
  const post = (path: string, headers: Record<string, string>, body: object) =>
    fetch(`${address}/v1/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await post('approle/login', {}, { role_id, secret_id }).catch(() => null);
  if (answer?.status === 400) return 'refused';
  if (answer?.status !== 200) return 'unknown';
  const { auth } = tokenAnswer.parse(await answer.json());
  await post('token/revoke-self', { 'X-Vault-Token': auth.client_token }, {});
  return 'accepted';
}
