import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Secret } from '../../src/secret/secret.js';
import { generateSshKey } from '../../src/secret/sshKey.js';
import { freshMount, type TestMount } from '../contract/openbao.harness.js';
import { makeRole, openPgSession } from '../contract/postgresql.harness.js';
import { type FrrRouter, startFrr } from '../harness/frr.js';
import { type Postgres, startPostgres } from '../harness/postgres.js';
import { type SshHost, startSshHost } from '../harness/sshHost.js';
import { openStockSession } from '../harness/sshSession.js';
import { failuresOf, notNeeded, onlyChecked, policyFile, weakenedHcl, weakenedLines } from './policyFiles.js';
import { firstFailure } from './rotateHere.js';
import { type ManagedAccount, targetSteps } from './targetSteps.js';

const loginPassword = 'Of-the-management-login-1';
const login = { account: 'relock', secret: Secret.of({ password: loginPassword }) };

describe('the management login of a Linux host, by sudo', { timeout: 180_000 }, () => {
  let host: SshHost;
  beforeAll(async () => {
    host = await startSshHost();
    await host.addUser({ name: 'relock', password: loginPassword });
  });
  afterAll(() => host?.stop());

  async function account(kind: 'password' | 'ssh-key'): Promise<ManagedAccount> {
    const name = `svc-${randomUUID().slice(0, 8)}`;
    const { address } = host;
    const key = generateSshKey(name);
    const secret = kind === 'password' ? Secret.of({ password: 'First-0f-the-account' }) : key;
    const authorizedKeys = kind === 'password' ? {} : { authorizedKeys: ['# kept', key.reveal('public_key')] };
    await host.addUser({ name, password: 'First-0f-the-account', ...authorizedKeys });
    const loginOf = (current: Secret) =>
      kind === 'password' ? { password: current.reveal('password') } : { privateKey: current.reveal('private_key') };
    return {
      target: `type: linux, address: "${address}", hostKey: "${host.hostKey}", settleMs: 1000`,
      management: login,
      kind,
      account: name,
      secret,
      openSession: (current) => openStockSession({ address, user: name, ...loginOf(current) }),
      kept: () => (kind === 'password' ? host.shadowLine(name) : host.readFile(`/home/${name}/.ssh/authorized_keys`)),
      suspends: true,
    };
  }

  async function runWith(sudoers: string): Promise<string | null> {
    await host.writeFile('/etc/sudoers.d/relock', sudoers);
    await host.exec('chmod 440 /etc/sudoers.d/relock && visudo -cf /etc/sudoers.d/relock');
    const steps = [...(await targetSteps(await account('password'))), ...(await targetSteps(await account('ssh-key')))];
    return firstFailure(steps);
  }

  it('sudoers is enough for passwords and keys, and not less', async () => {
    expect(await runWith(policyFile('sudoers'))).toBe(null);
    const weakened = weakenedLines(policyFile('sudoers'), '#');
    expect(notNeeded(weakened, await failuresOf(weakened, runWith))).toEqual([]);
  });
});

describe('the management login of PostgreSQL', { timeout: 180_000 }, () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  async function runWith(sql: string): Promise<string | null> {
    const [known] = await postgres.run("select 1 from pg_roles where rolname = 'relock'");
    if (known !== undefined) await postgres.run('drop owned by relock; drop role relock');
    // Like psql without ON_ERROR_STOP: what follows a missing line is tried all the same.
    for (const statement of sql.split('\n').filter((line) => line !== '' && !line.startsWith('--')))
      await postgres.run(statement).catch(() => undefined);
    await postgres.run(`alter role relock password '${loginPassword}'`).catch(() => undefined);
    const name = 'itron_svc';
    const secret = await makeRole(postgres, name);
    const kept = async () =>
      String((await postgres.run('select rolpassword from pg_authid where rolname = $1', [name]))[0]?.rolpassword);
    const steps = await targetSteps({
      target: `type: postgresql, address: "${postgres.address}", caFile: "${postgres.caFile}"`,
      management: login,
      kind: 'password',
      account: name,
      secret,
      openSession: (current) => openPgSession(postgres, name, current),
      kept,
      suspends: true,
    });
    return firstFailure(steps);
  }

  it('postgresql.sql is enough, and not less; it makes no superuser', async () => {
    expect(await runWith(policyFile('postgresql.sql'))).toBe(null);
    expect(await postgres.run("select rolsuper from pg_roles where rolname = 'relock'")).toEqual([{ rolsuper: false }]);
    const weakened = weakenedLines(policyFile('postgresql.sql'), '--');
    const failures = await failuresOf(weakened, runWith);
    expect(notNeeded(weakened, failures)).toEqual([]);
    expect(failures.size).toBe(4);
    expect(onlyChecked(failures)).toEqual([]);
  });
});

describe('the management login of an FRR router', { timeout: 180_000 }, () => {
  let router: FrrRouter;
  beforeAll(async () => {
    const first = { name: 'admin', password: 'router-Admin1' };
    router = await startFrr({ vtyPassword: 'firstVty', enablePassword: 'firstEnable', login: first });
  });
  afterAll(() => router?.stop());

  async function runWith(script: string): Promise<string | null> {
    const { host } = router;
    await host.run('userdel -rf relock');
    await host.run(script);
    await host.run('chpasswd', `relock:${loginPassword}\n`);
    const password = `vty${randomUUID().slice(0, 5)}`;
    await host.exec(`vtysh -c 'configure terminal' -c 'password ${password}' -c end -c 'write memory'`);
    const steps = await targetSteps({
      target: `type: frr, address: "${host.address}", hostKey: "${host.hostKey}", probeAddress: "${router.vtyAddress}"`,
      management: login,
      kind: 'password',
      account: 'vty',
      secret: Secret.of({ password }),
      kept: async () => /^password .*$/m.exec(await router.startupConfig())?.[0] ?? '',
      suspends: false,
    });
    return firstFailure(steps);
  }

  it('frr.sh is enough, and not less', async () => {
    expect(await runWith(policyFile('frr.sh'))).toBe(null);
    const weakened = weakenedLines(policyFile('frr.sh'), '#');
    const failures = await failuresOf(weakened, runWith);
    expect(notNeeded(weakened, failures)).toEqual([]);
    expect(failures.size).toBe(3);
  });
});

describe('the management login of OpenBao as a target, by AppRole', { timeout: 180_000 }, () => {
  const answers = z.object({
    data: z.record(z.string(), z.unknown()).nullish(),
    auth: z.object({ client_token: z.string() }).nullish(),
  });
  let mount: TestMount;
  beforeAll(async () => {
    mount = await freshMount();
  });

  const call = async (method: string, path: string, body?: object) =>
    answers.parse((await mount.api(method, path, body)).body);

  async function newRole(name: string): Promise<Secret> {
    await mount.api('POST', `auth/approle/role/${name}`, { token_ttl: '1h', token_policies: 'default' });
    const { role_id } = (await call('GET', `auth/approle/role/${name}/role-id`)).data ?? {};
    const { secret_id, secret_id_accessor } =
      (await call('POST', `auth/approle/role/${name}/secret-id`, {})).data ?? {};
    const fields = { role_id, secret_id, secret_id_accessor };
    return Secret.of(z.record(z.string(), z.string()).parse(fields));
  }

  async function session(secret: Secret) {
    const token =
      (await call('POST', 'auth/approle/login', secret.pick(['role_id', 'secret_id']).revealAll())).auth
        ?.client_token ?? '';
    const alive = async () => (await mount.api('POST', 'auth/token/lookup', { token })).status === 200;
    return { alive, close: async () => undefined };
  }

  async function runWith(policy: string): Promise<string | null> {
    const role = `feed-${randomUUID().slice(0, 8)}`;
    const management = await mount.appRoleWith(policy.replaceAll('meter-feed', role), '1h', { default: false });
    const steps = await targetSteps({
      target: `type: openbao, address: "${mount.address}"`,
      management: {
        account: 'relock',
        secret: Secret.of({ role_id: management.roleId, secret_id: management.secretId }),
      },
      kind: 'approle-secret-id',
      account: role,
      secret: await newRole(role),
      openSession: session,
      kept: async () => JSON.stringify((await call('LIST', `auth/approle/role/${role}/secret-id`)).data),
      suspends: false,
    });
    const noneLeft = { name: 'its own tokens end', run: async () => expect(await management.tokens()).toEqual([]) };
    return firstFailure([...steps.slice(0, -1), noneLeft, ...steps.slice(-1)]);
  }

  it('openbao-approle-target.hcl is enough, and not less', async () => {
    const policy = policyFile('openbao-approle-target.hcl');
    expect(await runWith(policy)).toBe(null);
    const weakened = weakenedHcl(policy);
    const failures = await failuresOf(weakened, runWith);
    expect(notNeeded(weakened, failures)).toEqual([]);
    expect(failures.size).toBe(13);
    expect(onlyChecked(failures)).toEqual(['update on sys/capabilities-self']);
  });
});
