import { z } from 'zod';
import { findProgram } from '../../../../src/servers/findServer.js';
import { type OpenBao, relockPolicy, startOpenBao } from '../../../harness/openBao.js';
import { say } from '../../../harness/say.js';
import type { Fields } from '../../estate.js';
import { mustRun } from '../../tools/run.js';
import { mishaps } from '../mishaps.js';
import { openBaoMishaps } from '../openBaoMishaps.js';
import type { StartVault } from './stockVault.js';

const mount = 'secret';
const readAnswer = z.object({ data: z.object({ data: z.record(z.string(), z.string()).nullable() }) });
const tokenAnswer = z.object({ auth: z.object({ client_token: z.string() }) });

/** A real OpenBao of the estate's own: read by plain HTTP, written by `bao kv put`. */
export const startOpenBaoVault: StartVault = async ({ id, through }) => {
  const bao = await startOpenBao();
  const tokenEnv = `RELOCK_FAULTS_TOKEN_OF_${id.toUpperCase().replace('-', '_')}`;
  const { hostname: host, port } = new URL(bao.address);
  const address = await through({ id, speaks: 'http', host, port: Number(port) });
  return {
    settings: { driver: 'openbao', address: `http://${address}`, mount, auth: { method: 'token', tokenEnv } },
    environment: { [tokenEnv]: await tokenOfRelock(bao) },
    plant: async (path, fields) => {
      await bao.request('DELETE', `${mount}/metadata/relock/${path}`);
      await bao.request('DELETE', `${mount}/metadata/${path}`);
      if (fields !== null) await bao.request('POST', `${mount}/data/${path}`, { data: fields });
    },
    read: (path) => read(bao, path),
    readOwn: (path) => read(bao, `relock/${path}`),
    write: (path, fields) => writeByHand(bao, path, fields),
    ...mishaps(openBaoMishaps(bao, id)),
    stop: bao.stop,
  };
};

/** Exactly what docs/vaults.md tells to give it. */
async function tokenOfRelock(bao: OpenBao): Promise<string> {
  await bao.request('PUT', 'sys/policies/acl/relock', { policy: relockPolicy(mount) });
  return tokenAnswer.parse(await bao.request('POST', 'auth/token/create', { policies: ['relock'] })).auth.client_token;
}

async function read({ address, rootToken }: OpenBao, path: string): Promise<Fields | null> {
  const answer = await fetch(`${address}/v1/${mount}/data/${path}`, { headers: { 'X-Vault-Token': rootToken } });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`reading ${path}: ${answer.status} ${await answer.text()}`);
  return readAnswer.parse(await answer.json()).data.data;
}

async function writeByHand({ address, rootToken }: OpenBao, path: string, fields: Fields): Promise<void> {
  const env = { BAO_ADDR: address, BAO_TOKEN: rootToken };
  const args = ['kv', 'put', `-mount=${mount}`, path, '-'];
  await mustRun(await findProgram('openbao', say), args, { input: JSON.stringify(fields), env });
}
