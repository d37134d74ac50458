import { createServer, type Server } from 'node:http';
import { inspect } from 'node:util';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  ReplicateSecretToRegionsCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { DriverError } from '../../../src/model/errors.js';
import { AwsVault } from '../../../src/vaults/aws-secrets-manager/awsVault.js';
import { createApi, vaultType } from '../../../src/vaults/aws-secrets-manager/driver.js';
import { awsSettings } from '../../../src/vaults/aws-secrets-manager/settings.js';
import { apiAt, clientAt, personWrites, readerSees, region } from '../../contract/aws.harness.js';
import { callContext, freshPath, opening, password } from '../../contract/vaultBackend.harness.js';
import { policyFile } from '../../deploy/policyFiles.js';
import { type AwsEmulator, makeAwsUser, startAws, type TestAws } from '../../harness/aws.js';
import { losingReplies } from '../../harness/faultProxy.js';

const vaultAt = (endpoint: string, keys?: Parameters<typeof apiAt>[1], changes: object = {}) =>
  new AwsVault(apiAt(endpoint, keys, changes), Date.now);

/** The error, after everything that can be printed of it was searched for these values. */
async function failureOf(call: Promise<unknown>, ...values: readonly string[]): Promise<DriverError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DriverError)) throw new Error(`expected a DriverError, got ${inspect(error)}`);
  const printed = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), error.stack].join('\n');
  expect(values.filter((value) => printed.includes(value))).toEqual([]);
  expect(error.cause).toBe(undefined);
  return error;
}

describe.each<AwsEmulator>(['moto', 'ministack'])('by %s', (kind) => {
  let aws: TestAws;
  let client: SecretsManagerClient;
  let vault: AwsVault;
  let path: string;

  beforeAll(async () => {
    aws = await startAws(kind);
    client = clientAt(aws.endpoint);
    vault = vaultAt(aws.endpoint);
  });
  afterAll(() => aws?.stop());
  beforeEach(async () => {
    path = freshPath();
    await personWrites(client, path, { username: 'svc', password: 'old-1' });
  });

  const messages = async () => (await vault.check([path], callContext())).map(({ message }) => message);

  /** `check` says it, and no new rotation begins; nothing is written. */
  async function expectRefused(text: string): Promise<void> {
    expect(await messages()).toEqual([expect.stringContaining(text)]);
    const error = await failureOf(vault.open(path, opening(), callContext()), 'old-1');
    expect(error).toMatchObject({ code: 'Misconfigured', effect: 'none', message: expect.stringContaining(text) });
    expect((await vault.state(path, callContext())).record).toBe(null);
  }

  const rotate = () =>
    client.send(
      new RotateSecretCommand({
        SecretId: path,
        RotationRules: { AutomaticallyAfterDays: 30 },
        RotateImmediately: false,
      }),
    );

  test("AWS's own rotation is on: refused at plan time and at the start", async () => {
    await rotate();
    await expectRefused("AWS's own rotation is turned on");
  });

  test('turned on in the middle of ours, it does not stop ours', async () => {
    const mine = opening();
    await vault.open(path, mine, callContext());
    await rotate();
    expect(await vault.open(path, mine, callContext())).toMatchObject({ kind: 'opened' });
    await vault.stage(path, mine, async () => password('new-1'), callContext());
    const { record } = await vault.state(path, callContext());
    expect(await vault.promote(path, mine, record?.base ?? null, callContext())).toBe('promoted');
  });

  test('AWSPENDING left on another version: half a rotation by AWS is in the way', async () => {
    const pending = { SecretId: path, SecretString: '{"password":"theirs"}', VersionStages: ['AWSPENDING'] };
    await client.send(new PutSecretValueCommand(pending));
    await expectRefused('AWSPENDING');
  });

  test('a deleted secret is neither absent nor empty: it says so, and how to get it back', async () => {
    await client.send(new DeleteSecretCommand({ SecretId: path, RecoveryWindowInDays: 7 }));
    expect(await messages()).toEqual([expect.stringContaining('restore-secret')]);
    const reading = await failureOf(vault.read(path, 'current', callContext()), 'old-1');
    expect(reading).toMatchObject({
      code: 'Refused',
      effect: 'none',
      message: expect.stringContaining('restore-secret'),
    });
    const starting = await failureOf(vault.open(path, opening(), callContext()), 'old-1');
    expect(starting).toMatchObject({ effect: 'none', message: expect.stringContaining('restore-secret') });
  });

  test('a replica cannot be written: its primary region is asked for', async () => {
    await client.send(
      new ReplicateSecretToRegionsCommand({ SecretId: path, AddReplicaRegions: [{ Region: 'eu-west-1' }] }),
    );
    const elsewhere = vaultAt(aws.endpoint, undefined, { region: 'eu-west-1' });
    const [finding] = await elsewhere.check([path], callContext());
    expect(finding?.message).toContain('replica');
    expect(await messages()).toEqual([]);
  });

  test('a secret that is plain text is left alone, and not shown', async () => {
    const name = freshPath();
    await client.send(new CreateSecretCommand({ Name: name, SecretString: 'just-a-password' }));
    const error = await failureOf(vault.open(name, opening(), callContext()), 'just-a-password');
    expect(error).toMatchObject({
      code: 'Misconfigured',
      effect: 'none',
      message: expect.stringContaining('no JSON object'),
    });
    const seen = await client.send(new GetSecretValueCommand({ SecretId: name }));
    expect(seen.SecretString).toBe('just-a-password');
  });

  test('a secret that never had a value gets its first one', async () => {
    const name = freshPath();
    await client.send(new CreateSecretCommand({ Name: name }));
    const mine = opening();
    await vault.open(name, mine, callContext());
    await vault.stage(name, mine, async () => password('new-1'), callContext());
    expect(await vault.promote(name, mine, null, callContext())).toBe('promoted');
    expect(await readerSees(client, name)).toEqual({ password: 'new-1' });
  });

  test('the quota of versions is seen before it stops a rotation half-way', async () => {
    const SecretString = '{"password":"x"}';
    for (let count = 0; count < 60; count += 1) {
      await client.send(new PutSecretValueCommand({ SecretId: path, SecretString, VersionStages: ['theirs'] }));
    }
    expect(await messages()).toEqual([expect.stringContaining('61 versions of the last 24 hours')]);
  });

  test('how many versions a rotation takes, of both secrets', async () => {
    const mine = opening();
    await vault.open(path, mine, callContext());
    await vault.stage(path, mine, async () => password('new-1'), callContext());
    const { record } = await vault.state(path, callContext());
    await vault.promote(path, mine, record?.base ?? null, callContext());
    await vault.finish(path, mine, { end: 'replaced', at: 1 }, callContext());
    const count = async (name: string) => {
      const all = new ListSecretVersionIdsCommand({ SecretId: name, IncludeDeprecated: true });
      return (await client.send(all)).Versions?.length;
    };
    expect([await count(path), await count(`relock/${path}`)]).toEqual([2, 5]);
  });

  test('the move of the label arrives, its reply does not: unknown, and the same call again finds it done', async () => {
    const mine = opening();
    await vault.open(path, mine, callContext());
    await vault.stage(path, mine, async () => password('new-1'), callContext());
    const base = (await vault.state(path, callContext())).record?.base ?? null;
    // The first label that moves is that of relock's own document, which says what is about to happen.
    let moves = 0;
    const isMove = (head: string) => /UpdateSecretVersionStage/i.test(head);
    const proxy = await losingReplies(aws.endpoint, (head) => isMove(head) && ++moves > 1);
    try {
      const lost = vaultAt(`http://${proxy.address}`).promote(path, mine, base, callContext());
      expect(await failureOf(lost, 'new-1', 'old-1')).toMatchObject({ code: 'Unreachable', effect: 'unknown' });
    } finally {
      await proxy.close();
    }
    expect(await readerSees(client, path)).toEqual({ username: 'svc', password: 'new-1' });
    expect((await vault.state(path, callContext())).record?.phase).toBe('promoted');
    expect(await vault.promote(path, mine, base, callContext())).toBe('promoted');
  });
});

describe('rights, by ministack, which checks them', () => {
  let aws: TestAws;
  beforeAll(async () => {
    aws = await startAws('ministack');
  });
  afterAll(() => aws?.stop());

  test('the policy of deploy/policies is enough for a whole rotation, and for nothing elsewhere', async () => {
    const keys = await makeAwsUser(aws.endpoint, policyFile('aws-secrets-manager.json'));
    const vault = vaultAt(aws.endpoint, keys);
    const path = freshPath();
    await personWrites(clientAt(aws.endpoint), path, { password: 'old-1' });
    const mine = opening();
    expect(await vault.check([path], callContext())).toEqual([]);
    await vault.open(path, mine, callContext());
    await vault.stage(path, mine, async () => password('new-1'), callContext());
    const base = (await vault.state(path, callContext())).record?.base ?? null;
    expect(await vault.promote(path, mine, base, callContext())).toBe('promoted');
    await vault.finish(path, mine, { end: 'replaced', at: 1 }, callContext());
    expect(await vault.list('', callContext())).toContain(path);
    const other = `landis/${path}`;
    await personWrites(clientAt(aws.endpoint), other, { password: 'theirs' });
    const error = await failureOf(vault.read(other, 'current', callContext()), 'theirs', keys.secretAccessKey);
    expect(error).toMatchObject({ code: 'Unauthorized', effect: 'none' });
    expect(error.message).toContain('secretsmanager:GetSecretValue');
  });

  test('a right that is missing is named where it is used; readers get what they got', async () => {
    const all = ['GetSecretValue', 'DescribeSecret', 'CreateSecret', 'PutSecretValue'];
    const Statement = [{ Effect: 'Allow', Action: all.map((each) => `secretsmanager:${each}`), Resource: '*' }];
    const keys = await makeAwsUser(aws.endpoint, JSON.stringify({ Version: '2012-10-17', Statement }));
    const vault = vaultAt(aws.endpoint, keys);
    const path = freshPath();
    await personWrites(clientAt(aws.endpoint), path, { password: 'old-1' });
    const mine = opening();
    await vault.open(path, mine, callContext());
    const error = await failureOf(
      vault.stage(path, mine, async () => password('new-1'), callContext()),
      'new-1',
    );
    expect(error).toMatchObject({ code: 'Unauthorized', effect: 'none' });
    expect(error.message).toContain('secretsmanager:UpdateSecretVersionStage');
    expect(await readerSees(clientAt(aws.endpoint), path)).toEqual({ password: 'old-1' });
    const [finding] = await vault.check([path], callContext());
    expect(finding?.message).toContain('secretsmanager:ListSecretVersionIds');
  });

  test('credentials that AWS does not take are told from a right that is missing', async () => {
    const keys = { accessKeyId: 'AKIAABSENTABSENTABSE', secretAccessKey: 'not-the-secret-of-this-key' };
    const error = await failureOf(vaultAt(aws.endpoint, keys).list('', callContext()), keys.secretAccessKey);
    expect(error).toMatchObject({ code: 'Unauthorized', effect: 'none' });
    expect(error.message).toContain("relock's own credentials");
  });
});

describe('the way there', () => {
  let server: Server;
  let requests = 0;
  let answer: { readonly status: number; readonly body: string };
  let endpoint = '';
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests += 1;
      request.resume().on('end', () => response.writeHead(answer.status).end(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    endpoint = `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
  });
  afterAll(() => {
    server.close();
  });
  beforeEach(() => {
    requests = 0;
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('throttled: reads are tried again, writes are not; both say so, and that nothing was done', async () => {
    answer = { status: 400, body: '{"__type":"ThrottlingException","message":"Rate exceeded"}' };
    const reading = await failureOf(vaultAt(endpoint).read('itron/x', 'current', callContext()));
    expect(reading).toMatchObject({
      code: 'Unreachable',
      effect: 'none',
      message: expect.stringContaining('too many'),
    });
    expect(requests).toBe(4);
    requests = 0;
    const writing = await failureOf(
      apiAt(endpoint).create('itron/x', '{"password":"hush"}', 'id', callContext()),
      'hush',
    );
    expect(writing).toMatchObject({
      code: 'Unreachable',
      effect: 'none',
      message: expect.stringContaining('too many'),
    });
    expect(requests).toBe(1);
  });

  test('AWS breaks down: a write may have happened, a read has not', async () => {
    answer = { status: 500, body: '{"__type":"InternalServiceError"}' };
    const writing = await failureOf(
      apiAt(endpoint).create('itron/x', '{"password":"hush"}', 'id', callContext()),
      'hush',
    );
    expect(writing).toMatchObject({ code: 'Unreachable', effect: 'unknown' });
    const reading = await failureOf(vaultAt(endpoint).read('itron/x', 'current', callContext()));
    expect(reading).toMatchObject({ code: 'Unreachable', effect: 'none' });
  });

  test('nobody listens, or the time is over', async () => {
    const nobody = await failureOf(
      apiAt('http://127.0.0.1:1').create('itron/x', '{"password":"hush"}', 'id', callContext()),
      'hush',
    );
    expect(nobody).toMatchObject({ code: 'Unreachable', effect: 'none' });
    const late = await failureOf(
      apiAt(endpoint).create('itron/x', '{"password":"hush"}', 'id', callContext(0)),
      'hush',
    );
    expect(late).toMatchObject({ code: 'Timeout', effect: 'none' });
    expect(requests).toBe(0);
  });

  test('a login that is missing says where it was looked for', async () => {
    const named = awsSettings.parse({ region, endpoint, accessKeyIdEnv: 'ID', secretAccessKeyEnv: 'KEY' });
    const environment = { now: Date.now, baseDirectory: '.', environment: { ID: 'x' } };
    const error = await failureOf(createApi(named, environment).describe('itron/x', callContext()));
    expect(error).toMatchObject({ code: 'Misconfigured', effect: 'none', message: expect.stringContaining('KEY') });
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('HOME', '/nonexistent');
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, '');
    const chain = await failureOf(
      createApi(awsSettings.parse({ region, endpoint }), environment).describe('itron/x', callContext()),
    );
    expect(chain).toMatchObject({
      code: 'Misconfigured',
      effect: 'none',
      message: expect.stringContaining('no AWS credentials'),
    });
    expect(requests).toBe(0);
  });

  test('settings that contradict each other are refused', () => {
    const wrong = [
      { region: 'Frankfurt' },
      { region, endpoint: 'ftp://x' },
      { region, accessKeyIdEnv: 'ID' },
      { region, sessionTokenEnv: 'TOKEN' },
      { region, mount: 'secret' },
    ];
    expect(wrong.map((each) => vaultType.settings.safeParse(each).success)).toEqual(wrong.map(() => false));
  });
});
