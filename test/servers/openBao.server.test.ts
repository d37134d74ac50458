import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenBao, startOpenBao } from '../harness/openBao.js';

let bao: OpenBao;
beforeAll(async () => {
  bao = await startOpenBao();
});
afterAll(() => bao?.stop());

it('keeps versions of a secret, over a crash', async () => {
  await bao.request('POST', 'secret/data/vendor/svc', { data: { password: 'clear-text-1' } });
  await bao.request('POST', 'secret/data/vendor/svc', { data: { password: 'clear-text-2' } });
  await bao.stopProcess();
  await expect(bao.request('GET', 'secret/data/vendor/svc')).rejects.toThrow('fetch failed');
  await bao.startProcess();
  expect(await bao.request('GET', 'secret/data/vendor/svc?version=1')).toMatchObject({
    data: { data: { password: 'clear-text-1' } },
  });
});

it('refuses while sealed', async () => {
  await bao.seal();
  await expect(bao.request('GET', 'secret/data/vendor/svc')).rejects.toThrow('503');
  await bao.unseal();
  expect(await bao.request('GET', 'secret/data/vendor/svc')).toHaveProperty('data');
});

it('has AppRole, and an audit log without values', async () => {
  await bao.request('POST', 'auth/approle/role/reader', { token_ttl: '1m' });
  expect(await bao.request('POST', 'auth/approle/role/reader/secret-id')).toHaveProperty('data.secret_id');
  const audit = await readFile(bao.auditFile, 'utf8');
  expect(audit).toContain('secret/data/vendor/svc');
  expect(audit).not.toContain('clear-text-1');
});
