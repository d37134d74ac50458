import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createRotationVerbs } from '../../src/activities/rotation.js';
import type { Estate } from '../../src/config/estate.js';
import { loadEstate } from '../../src/config/loadEstate.js';
import { DriverError } from '../../src/model/errors.js';
import type { FailurePolicy } from '../../src/model/policy.js';
import { plainIds } from '../../src/model/workflowIds.js';
import { planRotation } from '../../src/planning/planRotation.js';
import { beginRotation, type Rotated, rotate } from '../../src/protocol/rotate.js';
import type { Verbs } from '../../src/protocol/verbs.js';
import { directInterpreter } from '../../src/recover/directInterpreter.js';
import { type FrrRouter, startFrr, tryVty } from '../harness/frr.js';
import { type OpenBao, startOpenBao } from '../harness/openBao.js';

/**
 * The two targets that fit a `change this password` contract least, through the whole protocol on real servers: one makes
 * the secret itself, the other takes a change by one door, shows it at another, and may fail to save it.
 */

const managementPassword = 'Op-4-the-router';
const kvSchema = z.object({ data: z.object({ data: z.record(z.string(), z.string()) }) });
const secretIdSchema = z.object({ data: z.object({ secret_id: z.string(), secret_id_accessor: z.string() }) });
const roleIdSchema = z.object({ data: z.object({ role_id: z.string() }) });
const loginSchema = z.object({ auth: z.object({ client_token: z.string() }) });

/** Each test has one of its own. */
const roles = Array.from({ length: 5 }, (_, index) => `app-${index + 1}`);

let bao: OpenBao;
let router: FrrRouter;
let folder: string;
let estate: Estate;

function relockYaml(): object {
  const { address, hostKey } = router.host;
  return {
    vaults: {
      primary: { driver: 'openbao', address: bao.address, auth: { method: 'token', tokenEnv: 'TEST_TOKEN' } },
    },
    artifacts: { driver: 'folder', path: './evidence' },
    timing: { effectMs: 3_000, probeAgainMs: 100, settleDeadlineMs: 2_000 },
    targets: {
      'bao-01': {
        type: 'openbao',
        address: bao.address,
        management: { account: 'relock', secret: 'primary:mgmt/bao-01' },
      },
      'gw-01': {
        type: 'frr',
        address,
        hostKey,
        probeAddress: router.vtyAddress,
        management: { account: 'relock', secret: 'primary:mgmt/gw-01' },
      },
    },
    credentials: [
      ...roles.map((role) => ({
        id: `acme/${role}`,
        vendor: 'acme',
        kind: 'approle-secret-id',
        account: role,
        targets: ['bao-01'],
        copies: [`primary:acme/${role}`],
      })),
      {
        id: 'acme/vty',
        vendor: 'acme',
        kind: 'password',
        account: 'vty',
        targets: ['gw-01'],
        copies: ['primary:acme/vty'],
      },
    ],
  };
}

async function put(path: string, data: Readonly<Record<string, string>>): Promise<void> {
  await bao.request('POST', `secret/data/${path}`, { data });
}

async function readersSee(path: string): Promise<Readonly<Record<string, string>>> {
  return kvSchema.parse(await bao.request('GET', `secret/data/${path}`)).data.data;
}

async function startServers(): Promise<void> {
  const login = { name: 'relock', password: managementPassword };
  [bao, router] = await Promise.all([
    startOpenBao(),
    startFrr({ vtyPassword: 'firstVty', enablePassword: 'firstEnable', login }),
  ]);
  await put('mgmt/gw-01', { password: managementPassword });
  await put('mgmt/bao-01', { token: bao.rootToken });
}

beforeAll(async () => {
  await startServers();
  folder = await mkdtemp(join(tmpdir(), 'relock-breakers-'));
  const file = join(folder, 'relock.yaml');
  await writeFile(file, JSON.stringify(relockYaml()));
  const loaded = loadEstate(file, { environment: { TEST_TOKEN: bao.rootToken }, now: Date.now });
  if ('problems' in loaded) throw new Error(loaded.problems.map((problem) => problem.message).join('\n'));
  estate = loaded.estate;
});
afterAll(async () => {
  await Promise.all([bao?.stop(), router?.stop()]);
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly token?: string;
  /** In place of the real hands, for some verbs. */
  readonly hands?: (real: Verbs) => Partial<Verbs>;
}

async function run(credential: string, policy: FailurePolicy, { token, hands }: Run = {}): Promise<Rotated> {
  const entry = estate.credentials.get(credential);
  if (entry === undefined) throw new Error(`no credential ${credential}`);
  const clock = { now: Date.now, signal: () => new AbortController().signal };
  const real = createRotationVerbs({ estate, clock, vantage: 'main' });
  const { plan, findings } = planRotation(estate, entry, policy, plainIds);
  expect(findings).toEqual([]);
  const order = { plan, token: token ?? randomBytes(32).toString('hex'), policy };
  const verbs = { ...real, ...hands?.(real) };
  const interpreter = directInterpreter({
    verbs,
    head: 'head-1',
    clock,
    onStep: () => undefined,
    onWait: () => undefined,
  });
  return rotate(beginRotation(order, Date.now()), interpreter);
}

/** The vault takes everything but the promotion. */
const withoutPromote: Run = {
  hands: () => ({
    promote: async () => {
      const fields = { code: 'Refused', effect: 'none', driver: 'test', subject: 'promote', message: 'no' } as const;
      throw new DriverError(fields);
    },
  }),
};

describe('AppRole through the whole protocol', () => {
  const unused = roles.values();
  let role: string;
  let credential: string;
  let first: Readonly<Record<string, string>>;

  async function logIn(secret: Readonly<Record<string, string>>): Promise<Response> {
    const body = JSON.stringify({ role_id: secret.role_id, secret_id: secret.secret_id });
    return fetch(`${bao.address}/v1/auth/approle/login`, { method: 'POST', body });
  }

  async function secretIds(): Promise<number> {
    const answer = await bao.request('GET', `auth/approle/role/${role}/secret-id?list=true`);
    return z.object({ data: z.object({ keys: z.array(z.string()) }) }).parse(answer).data.keys.length;
  }

  async function isAlive(token: string): Promise<boolean> {
    const url = `${bao.address}/v1/auth/token/lookup-self`;
    return (await fetch(url, { headers: { 'X-Vault-Token': token } })).status === 200;
  }

  /** The server issues once, and this happens instead of the answer. */
  function afterFirstMake(failure: Error): () => void {
    const driver = estate.targets.get('bao-01')?.bound.driver('approle-secret-id');
    if (driver?.make === undefined) throw new Error('the driver makes nothing');
    const make = driver.make.bind(driver);
    const putBack = () => {
      driver.make = make;
    };
    driver.make = async (...args) => {
      await make(...args);
      putBack();
      throw failure;
    };
    return putBack;
  }

  beforeEach(async () => {
    role = unused.next().value ?? '';
    credential = `acme/${role}`;
    await bao.request('POST', `auth/approle/role/${role}`, { token_ttl: '1h' });
    const { role_id } = roleIdSchema.parse(await bao.request('GET', `auth/approle/role/${role}/role-id`)).data;
    const issued = await bao.request('POST', `auth/approle/role/${role}/secret-id`, {});
    first = { role_id, ...secretIdSchema.parse(issued).data, note: 'of the team' };
    await put(credential, first);
  });

  test.each(['restore', 'forward'] as const)(
    '%s: rotated, the thief’s token is dead, one secret-id is left',
    async (policy) => {
      const thief = loginSchema.parse(await (await logIn(first)).json()).auth.client_token;
      const { end } = await run(credential, policy);
      expect(end).toMatchObject({ state: 'rotated', open: false, flags: { exposed: false } });
      const now = await readersSee(credential);
      expect(now).toMatchObject({ role_id: first.role_id, note: 'of the team' });
      expect([(await logIn(now)).status, (await logIn(first)).status]).toEqual([200, 400]);
      expect([await isAlive(thief), await secretIds()]).toEqual([false, 1]);
    },
  );

  test('the worker dies when the server has issued the secret-id: the next one drops the orphan and goes on', async () => {
    const token = randomBytes(32).toString('hex');
    const putBack = afterFirstMake(new Error('the worker died'));
    try {
      await expect(run(credential, 'restore', { token })).rejects.toThrow('the worker died');
    } finally {
      putBack();
    }
    expect(await secretIds()).toBe(2);
    const { end } = await run(credential, 'restore', { token });
    expect([end.state, await secretIds()]).toEqual(['rotated', 1]);
  });

  test('a lost reply of make: the next try drops the slot that was not there before, and goes on', async () => {
    const fields = { code: 'Timeout', effect: 'unknown', driver: 'test', subject: 'make', message: 'lost' } as const;
    const putBack = afterFirstMake(new DriverError(fields));
    try {
      const { end } = await run(credential, 'restore');
      expect([end.state, await secretIds()]).toEqual(['rotated', 1]);
    } finally {
      putBack();
    }
  });

  test('undo before promote: the new secret-id is taken back, the old one works', async () => {
    const { end } = await run(credential, 'restore', withoutPromote);
    expect(end).toMatchObject({ state: 'rolledBack', open: false });
    expect([(await logIn(first)).status, await secretIds()]).toEqual([200, 1]);
    expect(await readersSee(credential)).toEqual(first);
  });
});

describe('FRR through the whole protocol', () => {
  const vty = (password = '') => tryVty({ address: router.vtyAddress, password });
  const present = async () => (await readersSee('acme/vty')).password;
  let first: string;

  beforeEach(async () => {
    first = `First${randomBytes(6).toString('hex')}`;
    await router.host.exec(
      `vtysh -c 'configure terminal' -c 'service password-encryption' -c 'password ${first}' -c end -c 'write memory'`,
    );
    await put('acme/vty', { password: first, note: 'of the team' });
  });

  test.each(['restore', 'forward'] as const)('%s: rotated, and it survives a restart', async (policy) => {
    const { end } = await run('acme/vty', policy);
    expect(end).toMatchObject({ state: 'rotated', open: false, flags: { exposed: false, unsaved: [] } });
    await router.restart();
    expect([await vty(await present()), await vty(first)]).toEqual(['accepted', 'refused']);
  });

  test('H29: it cannot be saved. restore puts the old one back', async () => {
    await router.refuseSaves();
    try {
      const { end } = await run('acme/vty', 'restore');
      expect(end).toMatchObject({ state: 'rolledBack', reason: 'confirmFailed', flags: { unsaved: ['gw-01'] } });
    } finally {
      await router.allowSaves();
    }
    expect([await present(), await vty(first)]).toEqual([first, 'accepted']);
    await router.restart();
    expect(await vty(first)).toBe('accepted');
  });

  test('undo after confirm: a restart does not revive the new one', async () => {
    const { end } = await run('acme/vty', 'restore', withoutPromote);
    expect(end).toMatchObject({ state: 'rolledBack', open: false });
    await router.restart();
    expect([await present(), await vty(first)]).toEqual([first, 'accepted']);
  });

  test('H29: it cannot be saved. forward goes on, and says that a reboot revives the old one', async () => {
    await router.refuseSaves();
    try {
      const { end } = await run('acme/vty', 'forward');
      expect(end).toMatchObject({ state: 'replaced', flags: { exposed: true, unsaved: ['gw-01'] } });
    } finally {
      await router.allowSaves();
    }
    expect([await vty(await present()), await vty(first)]).toEqual(['accepted', 'refused']);
  });
});
