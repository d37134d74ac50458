import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DriverEnvironment } from '../../src/contracts/registration.js';
import { createKvDocuments, vaultType } from '../../src/vaults/openbao/driver.js';
import type { AuthSettings } from '../../src/vaults/openbao/settings.js';
import { relockPolicy } from '../harness/openBao.js';
import { freshMount, type TestMount } from './openbao.harness.js';
import { callContext, freshPath, opening, password, vaultOver } from './vaultBackend.harness.js';
import { describeVaultBackend } from './vaultBackend.suite.js';

let mount: TestMount;
let folder: string;

beforeAll(async () => {
  mount = await freshMount();
  folder = await mkdtemp(join(tmpdir(), 'relock-openbao-test-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function environmentOf(variables: Readonly<Record<string, string>> = {}): DriverEnvironment {
  return { now: Date.now, baseDirectory: folder, environment: variables };
}

function documents(auth: AuthSettings, variables: Readonly<Record<string, string>> = {}, address = mount.address) {
  return createKvDocuments({ address, mount: mount.mount, auth }, environmentOf(variables));
}

const tokenAuth: AuthSettings = { method: 'token', tokenEnv: 'BAO_TOKEN' };
const appRoleAuth: AuthSettings = {
  method: 'approle',
  mount: 'approle',
  roleIdEnv: 'ROLE',
  secretIdFile: './secret-id',
};

async function withToken(policy: string) {
  return documents(tokenAuth, { BAO_TOKEN: await mount.tokenWith(policy) });
}

describe('OpenBao by token', () => {
  let token: string;
  beforeAll(async () => {
    token = await mount.tokenWith(relockPolicy(mount.mount));
  });
  describeVaultBackend('OpenBao by token', () => ({
    ...mount,
    store: () => documents(tokenAuth, { BAO_TOKEN: token }),
  }));
});

describe('OpenBao by AppRole', () => {
  let roleId: string;
  beforeAll(async () => {
    const login = await mount.appRoleWith(relockPolicy(mount.mount));
    roleId = login.roleId;
    await writeFile(join(folder, 'secret-id'), `${login.secretId}\n`);
  });
  describeVaultBackend('OpenBao by AppRole', () => ({
    ...mount,
    store: () => documents(appRoleAuth, { ROLE: roleId }),
  }));
});

describe('OpenBao', () => {
  test('both names, and unknown or contradictory settings are refused', () => {
    expect(vaultType.names).toEqual(['openbao', 'vault']);
    const settings = { address: 'http://127.0.0.1:8200', auth: { method: 'token', tokenEnv: 'T' } };
    expect(vaultType.settings.safeParse(settings).data).toMatchObject({ mount: 'secret' });
    const wrong = [
      { ...settings, tokn: 'x' },
      { ...settings, auth: { method: 'token' } },
      { ...settings, auth: { method: 'token', tokenEnv: 'T', tokenFile: 'f' } },
      { ...settings, address: 'http://user:secret@127.0.0.1' },
      { ...settings, address: '127.0.0.1:8200' },
    ];
    expect(wrong.map((each) => vaultType.settings.safeParse(each).success)).toEqual(wrong.map(() => false));
  });

  test('an AppRole token that is revoked under us is replaced, once, unseen by the caller', async () => {
    const login = await mount.appRoleWith(relockPolicy(mount.mount));
    const auth: AuthSettings = { method: 'approle', mount: 'approle', roleIdEnv: 'ROLE', secretIdEnv: 'SECRET' };
    const vault = vaultOver(documents(auth, { ROLE: login.roleId, SECRET: login.secretId }));
    const path = freshPath();
    const mine = opening();
    await vault.open(path, mine, callContext());
    await login.revokeTokens();
    expect((await vault.stage(path, mine, async () => password('new-1'), callContext())).phase).toBe('staged');
  });

  test('a token is replaced before it ends, by one login that all callers share', async () => {
    const login = await mount.appRoleWith(relockPolicy(mount.mount), '1h');
    const auth: AuthSettings = { method: 'approle', mount: 'approle', roleIdEnv: 'ROLE', secretIdEnv: 'SECRET' };
    const variables = { ROLE: login.roleId, SECRET: login.secretId };
    let nowMs = Date.now();
    const settings = { address: mount.address, mount: mount.mount, auth };
    const store = createKvDocuments(settings, { ...environmentOf(variables), now: () => nowMs });
    const readAtOnce = () => Promise.all([1, 2, 3, 4].map(() => store.read('readers', freshPath(), callContext())));
    await readAtOnce();
    expect(await login.tokens()).toHaveLength(1);
    nowMs += 3_595_000;
    await readAtOnce();
    expect(await login.tokens()).toHaveLength(2);
  });

  test('a wrong secret id is Unauthorized and says what to check', async () => {
    const { roleId } = await mount.appRoleWith(relockPolicy(mount.mount));
    await writeFile(join(folder, 'secret-id'), 'wrong-secret-id');
    const failure = await documents(appRoleAuth, { ROLE: roleId }).read('readers', 'x', callContext()).catch(String);
    expect(failure).toMatch(/refused the AppRole login.*Check role id and secret id/);
    expect(failure).not.toContain('wrong-secret-id');
  });

  test('a token that is dead is told from a right that is missing', async () => {
    const dead = documents(tokenAuth, { BAO_TOKEN: 's.deaddeaddead' }).read('readers', 'x', callContext());
    await expect(dead).rejects.toMatchObject({ code: 'Unauthorized', message: expect.stringContaining('fresh token') });
    const poor = (await withToken(`path "${mount.mount}/data/y" { capabilities = ["read"] }`)).read(
      'readers',
      'x',
      callContext(),
    );
    await expect(poor).rejects.toMatchObject({
      code: 'Unauthorized',
      message: expect.stringContaining('relock check'),
    });
  });

  test('a missing login says where relock.yaml expects it', async () => {
    const none = documents(tokenAuth).read('readers', 'x', callContext());
    await expect(none).rejects.toMatchObject({ code: 'Misconfigured', message: expect.stringContaining('BAO_TOKEN') });
  });

  test('a token file is read anew when its token died', async () => {
    await writeFile(join(folder, 'token'), 's.deaddeaddead');
    const store = documents({ method: 'token', tokenFile: 'token' });
    await expect(store.read('readers', 'x', callContext())).rejects.toMatchObject({ code: 'Unauthorized' });
    await writeFile(join(folder, 'token'), mount.rootToken);
    expect(await store.read('readers', freshPath(), callContext())).toEqual({ content: null, revision: '0' });
  });

  test('check names every right that is missing, and the policy line that gives it', async () => {
    const vault = vaultOver(await withToken(relockPolicy(mount.mount)));
    expect(await vault.check(['itron/a', 'itron/b'], callContext())).toEqual([]);
    const readOnly = vaultOver(await withToken(`path "${mount.mount}/data/*" { capabilities = ["read"] }`));
    const findings = await readOnly.check(['itron/a'], callContext());
    expect(findings.map((finding) => finding.path)).toEqual(['itron/a', 'itron/a', 'itron/a']);
    expect(findings[0]?.message).toContain(`lacks create, update on ${mount.mount}/data/itron/a`);
  });

  test('a mount that is mistyped, or no KV version 2, is not an empty vault', async () => {
    const version1 = `kv1-${mount.mount}`;
    await mount.api('POST', `sys/mounts/${version1}`, { type: 'kv', options: { version: '1' } });
    for (const wrong of [version1, 'mistyped', 'sys', 'auth/approle']) {
      const settings = { address: mount.address, mount: wrong, auth: tokenAuth };
      const vault = vaultOver(createKvDocuments(settings, environmentOf({ BAO_TOKEN: mount.rootToken })));
      const refused = { effect: 'none', message: expect.stringContaining(`the mount "${wrong}" is`) };
      await expect(vault.list('', callContext())).rejects.toMatchObject(refused);
      await expect(vault.open('itron/a', opening(), callContext())).rejects.toMatchObject(refused);
    }
    expect((await mount.api('LIST', version1)).status).toBe(404);
  });

  test('a mount that lets versions expire is refused before any device hears of a new secret', async () => {
    const vault = vaultOver(await withToken(relockPolicy(mount.mount)));
    const path = freshPath();
    const mine = opening();
    await mount.api('POST', `${mount.mount}/config`, { delete_version_after: '1h' });
    const expiring = { code: 'Misconfigured', message: expect.stringContaining('delete_version_after') };
    await expect(vault.open(path, mine, callContext())).rejects.toMatchObject(expiring);
    await mount.api('POST', `${mount.mount}/config`, { delete_version_after: '0s' });
    await vault.open(path, mine, callContext());
    expect((await vault.stage(path, mine, async () => password('new-1'), callContext())).phase).toBe('staged');
  });

  test('a released value is not in the history of relock’s own document', async () => {
    const vault = vaultOver(await withToken(relockPolicy(mount.mount)));
    const path = freshPath();
    const mine = opening();
    await vault.open(path, mine, callContext());
    await vault.stage(path, mine, async () => password('never-sent'), callContext());
    await vault.finish(path, mine, { end: 'untouched', at: 1 }, callContext());
    const own = `${mount.mount}/data/relock/${path}`;
    const versions = await Promise.all([1, 2, 3].map((version) => mount.api('GET', `${own}?version=${version}`)));
    expect(versions.map(({ status }) => status)).toEqual([404, 404, 200]);
    expect(JSON.stringify(versions)).not.toContain('never-sent');
  });

  test('what a person deleted can be written again', async () => {
    const store = await withToken(relockPolicy(mount.mount));
    const vault = vaultOver(store);
    const path = freshPath();
    await mount.personWrites(path, { password: 'old-1' });
    await mount.api('DELETE', `${mount.mount}/data/${path}`);
    await expect(vault.read(path, 'current', callContext())).rejects.toMatchObject({ code: 'NotFound' });
    const mine = opening();
    await vault.open(path, mine, callContext());
    await vault.stage(path, mine, async () => password('new-1'), callContext());
    expect(await vault.promote(path, mine, null, callContext())).toBe('promoted');
    expect(await mount.readerSees(path)).toEqual({ password: 'new-1' });
  });

  test('a document that is not relock’s is left alone and named', async () => {
    const vault = vaultOver(await withToken(relockPolicy(mount.mount)));
    const path = freshPath();
    await mount.personWrites(`relock/${path}`, {
      relock_document: '{"format":1,"held":{"v":{"password":"hush-hush"}}}',
    });
    const failure: unknown = await vault.state(path, callContext()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'Misconfigured', message: expect.stringContaining(path) });
    expect(String(failure)).not.toContain('hush-hush');
  });
});
