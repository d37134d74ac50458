import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Login } from '../../src/contracts/targetDriver.js';
import { Secret } from '../../src/secret/secret.js';
import { AppRoleDriver, appRoleCapabilities } from '../../src/targets/openbao/appRoleDriver.js';
import { openbaoTargetSettings } from '../../src/targets/openbao/settings.js';
import { losingReplies } from '../harness/faultProxy.js';
import { appRolePolicy, type OpenBao, startOpenBao } from '../harness/openBao.js';
import { effectContext, expectNoEffect, type OpenSession, type TargetHarness } from './targetDriver.harness.js';
import { describeTargetDriver } from './targetDriver.suite.js';

const account = 'vendor-app';
const capabilities = appRoleCapabilities(openbaoTargetSettings.parse({ address: 'http://127.0.0.1:1' }));

const data = <Shape extends z.ZodRawShape>(shape: Shape) => z.object({ data: z.object(shape) });
const slotSchema = data({ secret_id: z.string(), secret_id_accessor: z.string() });
const tokenSchema = z.object({ auth: z.object({ client_token: z.string(), accessor: z.string() }) });

let bao: OpenBao;
let silentServer: Server;
let silentAddress = '';
let management: Login;
let roleId = '';

function driverAt(address: string, settings: object = {}): AppRoleDriver {
  const target = { id: 'bao-01', settings: openbaoTargetSettings.parse({ address, ...settings }) };
  return new AppRoleDriver(target, { now: Date.now, baseDirectory: '.', environment: {} });
}

async function issueByHand(role = account): Promise<Secret> {
  const { role_id } = data({ role_id: z.string() }).parse(
    await bao.request('GET', `auth/approle/role/${role}/role-id`),
  ).data;
  const slot = slotSchema.parse(await bao.request('POST', `auth/approle/role/${role}/secret-id`, {})).data;
  return Secret.of({ role_id, ...slot });
}

async function makeRole(name: string, settings: object = {}): Promise<Secret> {
  await bao.request('DELETE', `auth/approle/role/${name}`);
  await bao.request('POST', `auth/approle/role/${name}`, { token_ttl: '1h', token_policies: 'default', ...settings });
  return issueByHand(name);
}

/** Whose tokens may make further tokens. */
async function makeRoleOfParents(): Promise<Secret> {
  const policy = 'path "auth/token/create" { capabilities = ["update"] }';
  await bao.request('PUT', 'sys/policies/acl/child', { policy });
  return makeRole(account, { token_policies: 'child' });
}

async function post(path: string, body: object, token = ''): Promise<Response> {
  const headers = { 'X-Vault-Token': token };
  return fetch(`${bao.address}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

function logIn(secret: Secret): Promise<Response> {
  return post('auth/approle/login', { role_id: secret.reveal('role_id'), secret_id: secret.reveal('secret_id') });
}

async function independentLogin(secret: Secret): Promise<'in' | 'refused' | 'unknown'> {
  const { status } = await logIn(secret);
  if (status === 200) return 'in';
  return status === 400 ? 'refused' : 'unknown';
}

async function openToken(secret: Secret): Promise<OpenSession & { readonly token: string }> {
  const token = tokenSchema.parse(await (await logIn(secret)).json()).auth.client_token;
  return { ...sessionOf(token), token };
}

function sessionOf(token: string): OpenSession {
  return {
    alive: async () => {
      const url = `${bao.address}/v1/auth/token/lookup-self`;
      return (await fetch(url, { headers: { 'X-Vault-Token': token } })).status === 200;
    },
    close: async () => {
      await post('auth/token/revoke-self', {}, token);
    },
  };
}

async function accessors(): Promise<readonly string[]> {
  const answer = await bao.request('GET', 'auth/token/accessors?list=true');
  return data({ keys: z.array(z.string()) })
    .parse(answer)
    .data.keys.sort();
}

function wrongSecret(): Secret {
  return Secret.of({ role_id: roleId, secret_id: randomUUID(), secret_id_accessor: randomUUID() });
}

async function makeManagement(): Promise<Login> {
  await bao.request('PUT', 'sys/policies/acl/relock-approle', { policy: appRolePolicy });
  const made = await bao.request('POST', 'auth/token/create', { policies: ['relock-approle'] });
  const secret = Secret.of({ token: tokenSchema.parse(made).auth.client_token });
  return { as: 'management', account: 'relock', secret };
}

beforeAll(async () => {
  bao = await startOpenBao();
  management = await makeManagement();
  silentServer = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await new Promise((resolve) => silentServer.once('listening', resolve));
  const bound = silentServer.address();
  silentAddress = `http://127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`;
});
afterAll(async () => {
  silentServer?.close();
  await bao?.stop();
});

function harness(): TargetHarness {
  return {
    driver: driverAt(bao.address),
    account,
    reset: async () => {
      const secret = await makeRole(account);
      roleId = secret.reveal('role_id');
      return secret;
    },
    via: () => management,
    management,
    makeSecret: wrongSecret,
    independentLogin,
    publicFields: ['role_id', 'secret_id_accessor'],
    down: bao.stopProcess,
    up: bao.startProcess,
    silent: driverAt(silentAddress),
    otherHostKey: null,
    refusedSecret: null,
    wrongVia: { ...management, secret: Secret.of({ token: 's.not-a-token-of-this-server' }) },
    missingAccount: 'no-such-role',
    openSession: openToken,
  };
}

describeTargetDriver('openbao × approle-secret-id', capabilities, harness);

describe('AppRole secret-ids', () => {
  let first: Secret;
  const driver = () => driverAt(bao.address);
  const make = () => driver().make(account, management, effectContext());
  const retire = (old: Secret, current: Secret) => driver().retire(account, management, old, current, effectContext());
  const endSessions = (before: number, of = driver()) =>
    of.endSessions(account, management, { before }, effectContext());
  const errorsOf = async (role = account, via = management) => {
    const findings = await driver().check(role, via, effectContext());
    return findings.filter((finding) => finding.severity === 'error').map((finding) => finding.message);
  };

  beforeEach(async () => {
    first = await makeRole(account);
  });

  test('tokens issued from the old secret-id die, those of the new one live, whatever the clocks say', async () => {
    first = await makeRoleOfParents();
    const thief = await openToken(first);
    const next = await make();
    const consumer = await openToken(next);
    const lateThief = await openToken(first);
    const child = tokenSchema.parse(await (await post('auth/token/create', {}, thief.token)).json()).auth.client_token;
    await retire(first, next);
    expect([await thief.alive(), await lateThief.alive()]).toEqual([true, true]);
    await endSessions(0);
    expect([await thief.alive(), await lateThief.alive(), await sessionOf(child).alive()]).toEqual([
      false,
      false,
      false,
    ]);
    expect([await consumer.alive(), await sessionOf(management.secret.reveal('token')).alive()]).toEqual([true, true]);
  });

  test('a token that ends while the sweep looks at it is no denied right', async () => {
    first = await makeRoleOfParents();
    const next = await make();
    const thieves = await Promise.all(Array.from({ length: 60 }, () => openToken(first)));
    const children = await Promise.all(
      thieves.flatMap(({ token }) => Array.from({ length: 5 }, () => post('auth/token/create', {}, token))),
    );
    expect(children.every(({ status }) => status === 200)).toBe(true);
    await retire(first, next);
    await endSessions(0);
    expect(await Promise.all(thieves.map((thief) => thief.alive()))).toEqual(thieves.map(() => false));
  });

  test('tokens of another role are not touched', async () => {
    const other = await openToken(await makeRole('vendor-other'));
    const next = await make();
    await retire(first, next);
    await endSessions(Date.now() + 60_000);
    expect(await other.alive()).toBe(true);
  });

  test('a management login by AppRole leaves no token behind', async () => {
    const secret = await makeRole('relock', { token_policies: 'relock-approle' });
    const via: Login = { as: 'management', account: 'relock', secret };
    const before = await accessors();
    const next = await driver().make(account, via, effectContext());
    await driver().retire(account, via, first, next, effectContext());
    await driver().endSessions(account, via, { before: Date.now() }, effectContext());
    expect(await accessors()).toEqual(before);
  });

  test('a probe leaves no token behind', async () => {
    const before = await accessors();
    expect((await driver().probe(account, first, effectContext())).answer).toBe('accepted');
    expect(await accessors()).toEqual(before);
  });

  test('lost reply of make: the orphan is what enumerate has more than before', async () => {
    const before = await driver().enumerate(account, management, effectContext());
    const proxy = await losingReplies(bao.address, (head) => head.startsWith('POST') && head.includes('/secret-id '));
    try {
      const lost = driverAt(`http://${proxy.address}`).make(account, management, effectContext());
      await expect(lost).rejects.toMatchObject({ code: 'Unreachable', effect: 'unknown' });
    } finally {
      await proxy.close();
    }
    const after = await driver().enumerate(account, management, effectContext());
    const orphans = after.filter((slot) => !before.includes(slot));
    expect(orphans).toHaveLength(1);
    for (const orphan of orphans) await driver().dropSlot(account, management, orphan, effectContext());
    expect(await driver().enumerate(account, management, effectContext())).toEqual(before);
    expect(await independentLogin(first)).toBe('in');
  });

  test('lost reply of a revocation: effect unknown, and the next call finishes it', async () => {
    const thieves = [await openToken(first), await openToken(first)];
    await retire(first, await make());
    const proxy = await losingReplies(bao.address, (head) => head.includes('/revoke-accessor '));
    try {
      const lost = endSessions(0, driverAt(`http://${proxy.address}`));
      await expect(lost).rejects.toMatchObject({ code: 'Unreachable', effect: 'unknown' });
    } finally {
      await proxy.close();
    }
    await endSessions(0);
    expect(await Promise.all(thieves.map((thief) => thief.alive()))).toEqual([false, false]);
  });

  test('two secret-ids are there already: said at plan time, and refused without effect', async () => {
    expect(await errorsOf()).toEqual([]);
    await issueByHand();
    expect(await errorsOf()).toEqual([expect.stringContaining('no room for a new one')]);
    await expectNoEffect(harness(), make(), ['Refused'], [first]);
    expect(await driver().enumerate(account, management, effectContext())).toHaveLength(2);
  });

  test('the accessor in the vault is another one’s: the value decides which secret-id dies', async () => {
    const next = await make();
    const muddled = first.with(next.pick(['secret_id_accessor']));
    await retire(muddled, next);
    expect(await independentLogin(first)).toBe('refused');
    expect(await independentLogin(next)).toBe('in');
  });

  test('an expired secret-id: dead, dropped, and its tokens end', async () => {
    const short = await makeRole(account, { secret_id_ttl: '1s' });
    const thief = await openToken(short);
    await expect.poll(() => independentLogin(short), { timeout: 10_000 }).toBe('refused');
    const [slot = ''] = await driver().enumerate(account, management, effectContext());
    expect(slot).toBe(short.reveal('secret_id_accessor'));
    await endSessions(0);
    expect(await thief.alive()).toBe(false);
    await driver().dropSlot(account, management, slot, effectContext());
    expect(await driver().enumerate(account, management, effectContext())).toEqual([]);
  });

  test.each([
    ['a secret-id that a proof would use up', { secret_id_num_uses: 10 }, 'secret_id_num_uses 10'],
    [
      'a role that asks for no secret-id',
      { bind_secret_id: false, token_bound_cidrs: '127.0.0.0/8' },
      'bind_secret_id',
    ],
  ])('%s: said at plan time, and refused without effect', async (_name, settings, text) => {
    await bao.request('DELETE', `auth/approle/role/${account}`);
    await bao.request('POST', `auth/approle/role/${account}`, settings);
    expect(await errorsOf()).toEqual([expect.stringContaining(text)]);
    await expectNoEffect(harness(), make(), ['Refused'], []);
  });

  test('batch tokens cannot be revoked: said at plan time, and never claimed', async () => {
    await makeRole(account, { token_type: 'batch' });
    expect(await errorsOf()).toEqual([expect.stringContaining('batch tokens')]);
    await expectNoEffect(harness(), endSessions(Date.now()), ['Unsupported'], []);
  });

  test('each right that is missing is named, and none that is there', async () => {
    await bao.request('PUT', 'sys/policies/acl/relock-less', {
      policy: appRolePolicy.replace('"list", "sudo"', '"list"').replace(/.*accessor\/destroy.*\n/, ''),
    });
    const made = await bao.request('POST', 'auth/token/create', { policies: ['relock-less'] });
    const secret = Secret.of({ token: tokenSchema.parse(made).auth.client_token });
    const [error = ''] = await errorsOf(account, { ...management, secret });
    expect(error.match(/path "[^"]+"/g)).toEqual([
      `path "auth/approle/role/${account}/secret-id-accessor/destroy"`,
      'path "auth/token/accessors/"',
    ]);
  });

  test('H20: locked out by refused logins, the right secret is barred, not rejected', async () => {
    const wrong = first.with(Secret.of({ secret_id: randomUUID() }));
    const threshold = capabilities.lockoutThreshold ?? 0;
    for (let refused = 0; refused < threshold; refused += 1) {
      expect((await driver().probe(account, wrong, effectContext())).answer).toBe('rejected');
    }
    const probed = await driver().probe(account, first, effectContext());
    expect(probed).toEqual({ answer: 'barred', because: expect.stringContaining('sys/locked-users') });
  });

  test('H20: our address is not allowed: barred, not rejected', async () => {
    const far = await makeRole(account, { secret_id_bound_cidrs: '10.1.0.0/16' });
    const probed = await driver().probe(account, far, effectContext());
    expect(probed).toEqual({ answer: 'barred', because: expect.stringContaining('may not be used from where') });
    const findings = await driver().check(account, management, effectContext());
    expect(findings).toEqual([{ severity: 'warning', message: expect.stringContaining('10.1.0.0/16') }]);
  });

  test('a mount that is not there says nothing of the secret', async () => {
    const elsewhere = driverAt(bao.address, { mount: 'no/such' });
    expect(['unknown', 'barred']).toContain((await elsewhere.probe(account, first, effectContext())).answer);
  });
});
