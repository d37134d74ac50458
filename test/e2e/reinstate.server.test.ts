import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../src/servers/freePort.js';
import { sharedOpenBao } from '../harness/shared.js';
import { credential, type LiveEstate, liveEstate } from './liveEstate.js';

let estate: LiveEstate;

beforeAll(async () => {
  estate = await liveEstate();
});
afterAll(() => estate?.stop());

/** relock's own documents may be written, what readers get may not: the rotation fails where the device has changed already. */
async function tokenThatMayNotPromote(): Promise<string> {
  const { address, rootToken } = await sharedOpenBao();
  const name = `no-promote-${Date.now()}`;
  const policy = `
    path "+/data/*" { capabilities = ["read"] }
    path "+/data/relock/*" { capabilities = ["create", "read", "update"] }
    path "+/metadata/relock/*" { capabilities = ["create", "update", "list"] }`;
  const post = (path: string, body: object) =>
    fetch(`${address}/v1/${path}`, {
      method: 'POST',
      headers: { 'X-Vault-Token': rootToken },
      body: JSON.stringify(body),
    });
  await post(`sys/policies/acl/${name}`, { policy });
  const made = await post('auth/token/create', { policies: [name] });
  const found = /"client_token":"([^"]+)"/.exec(await made.text())?.[1];
  if (found === undefined) throw new Error('no token was made');
  return found;
}

it('policy disable: the account is suspended until a person says reinstate; then the new secret works and the old one does not', async () => {
  const port = await freePort();
  const temporal = { TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
  const weak = { LIVE_VAULT_TOKEN: await tokenThatMayNotPromote() };
  const ports = ['--port', `${port}`, '--ui-port', `${await freePort()}`];
  const first = await estate.start(['dev', ...ports], 'ready;', weak);
  const disabled = await estate.relock(['--json', 'rotate', credential, '--policy', 'disable'], {
    ...temporal,
    ...weak,
  });
  expect(JSON.parse(disabled.stdout), disabled.stderr).toMatchObject({ state: 'disabled' });
  expect(disabled.code).toBe(4);
  expect(await estate.logIn(estate.firstPassword)).not.toBe('accepted');
  await first.stop();
  const reinstated = await estate.relock(['reinstate', credential]);
  expect(reinstated.code, reinstated.stdout + reinstated.stderr).toBe(0);
  expect(await estate.logIn(await estate.currentPassword())).toBe('accepted');
  expect(await estate.logIn(estate.firstPassword)).toBe('refused');
}, 120_000);
