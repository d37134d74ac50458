import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRotationVerbs } from '../../src/activities/rotation.js';
import { clientAt, personWrites } from '../contract/aws.harness.js';
import { freshMount, type TestMount } from '../contract/openbao.harness.js';
import { makeAwsUser, startAws, type TestAws } from '../harness/aws.js';
import { type Namespace, startNamespace } from '../harness/namespace.js';
import {
  failuresOf,
  notNeeded,
  onlyChecked,
  policyFile,
  weakenedAws,
  weakenedHcl,
  weakenedLines,
} from './policyFiles.js';
import { firstFailure, ownClock } from './rotateHere.js';
import { credentialsIn, rotationSteps, usualFolders, type VaultAtHand, vaultSteps } from './vaultSteps.js';

describe('vault policies for OpenBao', { timeout: 180_000 }, () => {
  let mount: TestMount;
  beforeAll(async () => {
    mount = await freshMount();
  });

  const inMount = (policy: string) => policy.replaceAll('"secret/', `"${mount.mount}/`);
  const tokenWith = (policy: string) => mount.tokenWith(inMount(policy), { default: false });

  /** The mount, and a login to it with exactly this policy. */
  async function vaultWith(policy: string): Promise<VaultAtHand> {
    return {
      entry: `{ driver: openbao, address: "${mount.address}", mount: ${mount.mount}, auth: { method: token, tokenEnv: TOKEN } }`,
      environment: { TOKEN: await tokenWith(policy) },
      personWrites: mount.personWrites,
    };
  }

  async function runWith(policy: string): Promise<string | null> {
    const made = await credentialsIn(await vaultWith(policy), usualFolders);
    // A worker died right after it had made the path of relock's own document, before it wrote it.
    await mount.api('POST', `${mount.mount}/metadata/relock/${made.unknown}`, { max_versions: 1 });
    return firstFailure(vaultSteps(made));
  }

  it('openbao.hcl is enough: rotated, in an incident too, undone, a first secret, recovered, checked', async () => {
    expect(await runWith(policyFile('openbao.hcl'))).toBe(null);
  });

  it('openbao.hcl gives nothing that is not needed: without any single right something fails', async () => {
    const weakened = weakenedHcl(policyFile('openbao.hcl'));
    const failures = await failuresOf(weakened, runWith);
    expect(notNeeded(weakened, failures)).toEqual([]);
    expect(onlyChecked(failures)).toEqual(['update on sys/capabilities-self']);
    expect(failures.size).toBe(12);
  });

  /** The hands of two workers: what targets hear, and only that, comes from the one in the zone. */
  async function runInZone(policy: string): Promise<string | null> {
    const main = policyFile('openbao.hcl').replace(/^path "secret\/data\/(relock\/)?mgmt.*$/gm, '');
    const made = await credentialsIn(await vaultWith(main), { folder: 'itron/dmz', managementFolder: 'mgmt/dmz' });
    const clock = ownClock();
    const zone = made.seenWith({ TOKEN: await tokenWith(policy) });
    const { open, stage, promote, note, finish } = createRotationVerbs({ estate: made.estate, clock, vantage: 'main' });
    const onTargets = createRotationVerbs({ estate: zone, clock, vantage: 'dmz' });
    return firstFailure(rotationSteps(made, { ...onTargets, open, stage, promote, note, finish }));
  }

  it('openbao-zone.hcl is enough for a worker of a zone, beside a main one that cannot read its management logins', async () => {
    expect(await runInZone(policyFile('openbao-zone.hcl'))).toBe(null);
  });

  it('openbao-zone.hcl gives nothing that is not needed', async () => {
    const weakened = weakenedHcl(policyFile('openbao-zone.hcl'));
    const failures = await failuresOf(weakened, runInZone);
    expect(notNeeded(weakened, failures)).toEqual([]);
    expect(failures.size).toBe(5);
  });

  it('a zone worker can neither write what readers get, nor see another zone; a reader sees nothing of relock', async () => {
    const [zone, reader] = [
      await tokenWith(policyFile('openbao-zone.hcl')),
      await tokenWith(policyFile('openbao-reader.hcl')),
    ];
    const path = `itron/dmz/${randomUUID()}`;
    for (const each of [path, `relock/${path}`, `itron/${path}`, `relock/itron/${path}`])
      await mount.personWrites(each, { password: 'x' });
    const asked = async (token: string, method: string, place: string, body?: object) => {
      const request = { method, headers: { 'X-Vault-Token': token }, ...(body && { body: JSON.stringify(body) }) };
      return (await fetch(`${mount.address}/v1/${mount.mount}/${place}`, request)).status;
    };
    expect(await asked(zone, 'GET', `data/${path}`)).toBe(200);
    expect(await asked(zone, 'POST', `data/${path}`, { data: { password: 'mine' } })).toBe(403);
    expect(await asked(zone, 'GET', `data/itron/${path}`)).toBe(403);
    expect(await asked(zone, 'GET', `data/relock/itron/${path}`)).toBe(403);
    expect(await asked(reader, 'GET', `data/${path}`)).toBe(200);
    expect(await asked(reader, 'POST', `data/${path}`, { data: { password: 'mine' } })).toBe(403);
    expect(await asked(reader, 'GET', `data/relock/${path}`)).toBe(403);
    expect(await asked(reader, 'LIST', 'metadata/relock/itron')).toBe(403);
  });
});

describe('vault policy for AWS Secrets Manager, by ministack, which checks rights', { timeout: 300_000 }, () => {
  let aws: TestAws;
  beforeAll(async () => {
    aws = await startAws('ministack');
  });
  afterAll(() => aws?.stop());

  const policy = policyFile('aws-secrets-manager.json');

  async function runWith(text: string): Promise<string | null> {
    const keys = await makeAwsUser(aws.endpoint, text);
    const made = await credentialsIn(
      {
        entry: `{ driver: aws-secrets-manager, region: us-east-1, endpoint: "${aws.endpoint}", accessKeyIdEnv: ID, secretAccessKeyEnv: KEY }`,
        environment: { ID: keys.accessKeyId, KEY: keys.secretAccessKey },
        personWrites: (path, content) => personWrites(clientAt(aws.endpoint), path, content),
      },
      usualFolders,
    );
    return firstFailure(vaultSteps(made));
  }

  it('aws-secrets-manager.json is enough', async () => {
    expect(await runWith(policy)).toBe(null);
  });

  it('aws-secrets-manager.json gives nothing that is not needed: without any single action or resource something fails', async () => {
    const weakened = weakenedAws(JSON.parse(policy));
    const failures = await failuresOf(weakened, runWith);
    expect(notNeeded(weakened, failures)).toEqual([]);
    expect(onlyChecked(failures)).toEqual([expect.stringContaining('ListSecretVersionIds')]);
  });
});

describe('file modes of a vault of age files', { timeout: 60_000 }, () => {
  let host: Namespace;
  beforeAll(async () => {
    host = await startNamespace({ hostname: 'small-site' });
    await host.exec('useradd -m relock && useradd -m other && mkdir /etc/relock');
  });
  afterAll(() => host?.stop());

  const folder = '/home/vaults';

  /** With the stock `age`: the user of relock writes and reads, another user gets at nothing. */
  async function runWith(script: string): Promise<string | null> {
    const key = '/etc/relock/vault.key';
    await host.exec(`rm -rf ${folder} ${key}; mkdir ${folder}; age-keygen -o ${key} && chmod 644 ${key}`);
    await host.run(script.replaceAll('/var/lib/relock', folder));
    const as = async (user: string, command: string) =>
      (await host.run(`setpriv --reuid=${user} --regid=${user} --init-groups sh -c '${command}'`)).code === 0;
    const written = `echo {} | age -r $(age-keygen -y ${key}) -o ${folder}/vault/a.age && age -d -i ${key} ${folder}/vault/a.age`;
    if (!(await as('relock', written))) return 'relock cannot use it';
    if (await as('other', `cat ${key}`)) return 'others can read the identity';
    return (await as('other', `ls ${folder}/vault`)) ? 'others can read the folder' : null;
  }

  it('age.sh is enough, and not less', async () => {
    expect(await runWith(policyFile('age.sh'))).toBe(null);
    const weakened = weakenedLines(policyFile('age.sh'), '#');
    expect(Object.fromEntries(await failuresOf(weakened, runWith))).toEqual({
      'install -d -o relock -g relock -m 700 /var/lib/relock/vault': 'relock cannot use it',
      'chown relock:relock /etc/relock/vault.key': 'relock cannot use it',
      'chmod 600 /etc/relock/vault.key': 'others can read the identity',
    });
  });
});
