import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateSecretCommand, GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { generateSshKey } from '../../src/secret/sshKey.js';
import { findProgram } from '../../src/servers/findServer.js';
import { createIdentity } from '../../src/vaults/file/identity.js';
import { clientAt } from '../contract/aws.harness.js';
import { startAws, type TestAws } from '../harness/aws.js';
import { say } from '../harness/say.js';
import { type SshHost, startSshHost } from '../harness/sshHost.js';
import { tryLogin } from '../harness/sshLogin.js';
import { credential, startTrial, type Trial, type TrialOptions } from './trial.js';

const run = promisify(execFile);
const account = 'itron-svc';
const [old, rootPassword] = ['0ld-Secret.of-the_vendor', 'Root-Secret.of-ours_1'];

let host: SshHost;

beforeAll(async () => {
  host = await startSshHost();
  await host.setPassword('root', rootPassword);
});
afterAll(() => host?.stop());

const headendChangedBy = (secret: string) =>
  `headend: { type: linux, address: "${host.address}", hostKey: "${host.hostKey}", management: { account: root, secret: ${secret} } }`;

/** One account on a real host, whose password is `old` there; the vault is the test's. */
async function trialWith(changes: Partial<TrialOptions> = {}): Promise<Trial> {
  await host.run(`userdel -rf ${account}`);
  await host.addUser({ name: account, password: old });
  const trial = await startTrial({
    targets: [headendChangedBy('"primary:mgmt/headend"')],
    entry: `kind: password, account: ${account}, targets: [headend]`,
    ...changes,
  });
  onTestFinished(trial.stop);
  await trial.mount.personWrites('mgmt/headend', { password: rootPassword });
  return trial;
}

const opens = (password: string) => tryLogin({ address: host.address, user: account, password });

async function expectNothingBegins(trial: Trial, text: string): Promise<void> {
  expect(await trial.check()).toEqual([expect.stringContaining(text)]);
  for (const policy of ['restore', 'forward'] as const) {
    const ended = await trial.rotate(policy);
    expect(ended).toMatchObject({ state: 'untouched', exposed: true, logins: 0 });
    expect(ended.causes).toEqual([expect.stringContaining(text)]);
  }
  expect(await opens(old)).toBe('accepted');
}

describe('what a KV secret holds', { timeout: 120_000 }, () => {
  test.each([
    [{ username: account, Password: old }, 'there is "Password"; expected "password"'],
    [{ username: account, PASSWORD: old }, 'there is "PASSWORD"; expected "password"'],
    [{ pass: old }, 'there is "pass"; expected "password"'],
    [{ value: old }, 'there is "value"; expected "password"'],
    [{ login: account, note: 'x' }, 'it has no field "password"; there is "login", "note"'],
    [{ password: 12345678 }, 'its field "password" is a number; expected text'],
    [{ password: { value: old } }, 'its field "password" is an object; expected text'],
    [{ password: [old] }, 'its field "password" is a list; expected text'],
    [{ password: null }, 'its field "password" is null; expected text'],
    [{ password: true }, 'its field "password" is true or false; expected text'],
    [{ password: '' }, 'its field "password" is empty'],
  ])('T1 %j: check names it, and no rotation begins', async (content, text) => {
    const trial = await trialWith();
    await trial.mount.personWrites(credential, content);
    await expectNothingBegins(trial, text);
    expect(await trial.mount.readerSees(credential)).toEqual(content);
  });

  test('T1 a map of field names: readers of "Password" get the new one, and nothing else changes', async () => {
    const copies = `[{ ref: "primary:${credential}", fields: { password: Password, username: User } }]`;
    const trial = await trialWith({ copies });
    await trial.mount.personWrites(credential, { User: account, Password: old, port: 22 });
    expect(await trial.check()).toEqual([]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    const { Password, ...others } = (await trial.mount.readerSees(credential)) ?? {};
    expect(others).toEqual({ User: account, port: 22 });
    expect([await opens(String(Password)), await opens(old)]).toEqual(['accepted', 'refused']);
  });

  test.each([
    [{ password: old }, 'there is "password"; expected "Password"'],
    [{ Password: 17, password: old }, 'its field "Password" is a number; expected text'],
    [{ Password: '' }, 'its field "Password" is empty'],
    [{ User: 'other', Password: old }, 'its "User" is not "itron-svc"'],
    [{ 'pass\u0007word': old }, 'there is "pass\\u{7}word"; expected "Password"'],
  ])(
    'T1 %j, though fields says { password: Password }: named as it is called there, and nothing is lost',
    async (content, text) => {
      const copies = `[{ ref: "primary:${credential}", fields: { password: Password, username: User } }]`;
      const trial = await trialWith({ copies });
      await trial.mount.personWrites(credential, content);
      await expectNothingBegins(trial, text);
      expect(await trial.mount.readerSees(credential)).toEqual(content);
    },
  );

  test('T1 a field that is written but not needed must be text as well', async () => {
    const management = 'management: { account: root, secret: "primary:mgmt/headend" }';
    const trial = await trialWith({
      targets: [
        `headend: { type: linux, address: "${host.address}", hostKey: "${host.hostKey}", keyOptions: "", ${management} }`,
      ],
      entry: `kind: ssh-key, account: ${account}, targets: [headend]`,
    });
    await trial.mount.personWrites(credential, { ...generateSshKey('itron').revealAll(), public_key: 17 });
    await expectNothingBegins(trial, 'its field "public_key" is a number; expected text');
  });

  test('T1 the second copy is under another name: nothing begins', async () => {
    const trial = await trialWith({ copies: `["primary:${credential}", "primary:itron/second"]` });
    await trial.mount.personWrites(credential, { password: old });
    await trial.mount.personWrites('itron/second', { Password: old });
    await expectNothingBegins(trial, 'there is "Password"; expected "password"');
  });

  test('T1 a field that is called as relock calls another one is kept', async () => {
    const copies = `[{ ref: "primary:${credential}", fields: { password: Password, username: password } }]`;
    const trial = await trialWith({ copies });
    const foreign = { username: 'of somebody else', port: 22, '\u0000password': 'x' };
    await trial.mount.personWrites(credential, { Password: old, password: account, ...foreign });
    expect(await trial.check()).toEqual([]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    const { Password, ...others } = (await trial.mount.readerSees(credential)) ?? {};
    expect(others).toEqual({ password: account, ...foreign });
    expect([await opens(String(Password)), await opens(old)]).toEqual(['accepted', 'refused']);
  });

  test('T1 a foreign number that is called as relock calls ours is kept', async () => {
    const copies = `[{ ref: "primary:${credential}", fields: { password: Password } }]`;
    const trial = await trialWith({ copies });
    await trial.mount.personWrites(credential, { Password: old, password: 1234 });
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect(await trial.mount.readerSees(credential)).toMatchObject({ password: 1234 });
  });

  test('T2 nothing is there: neither check nor incident take it for a first adoption', async () => {
    const trial = await trialWith();
    await expectNothingBegins(trial, 'readers get no secret there that belongs to this credential');
  });

  test('T2 T30 the newest version was deleted', async () => {
    const trial = await trialWith();
    await trial.mount.personWrites(credential, { username: account, password: old });
    await trial.mount.api('DELETE', `${trial.mount.mount}/data/${credential}`);
    await expectNothingBegins(trial, 'readers get no secret there');
    expect(await trial.check()).toEqual([expect.stringContaining('version, 1, was deleted there: `bao kv undelete')]);
  });

  test.each([
    ['data/', () => 'data/'],
    ['metadata/', () => 'metadata/'],
    ['mount', (mount: string) => `${mount}/`],
    ['whole address', (mount: string) => `${mount}/data/`],
  ])("T2 a path that was mistyped by KV's own %s is named", async (_, prefix) => {
    const trial = await trialWith({ copiesOf: (mount) => `["primary:${prefix(mount)}${credential}"]` });
    await trial.mount.personWrites(credential, { username: account, password: old });
    expect(await trial.check()).toEqual([expect.stringContaining(`expected "${credential}"`)]);
    expect((await trial.rotate()).end).toBe('untouched(noOldValue)');
  });

  test('T2 adopt: true is a first adoption: never rotated, exposed, and said', async () => {
    const trial = await trialWith({ entry: `kind: password, account: ${account}, targets: [headend], adopt: true` });
    expect(await trial.check()).toEqual([]);
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ end: 'replaced(adopted)', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining('headend')]);
    expect(await opens(String((await trial.mount.readerSees(credential))?.password))).toBe('accepted');
  });

  test.each([
    [`${old}\n`, 'ends with a line break'],
    [`${old}\r\n`, 'ends with a line break'],
    [`${old} `, 'ends with a blank'],
    [`${old}\t`, 'ends with a tab'],
    [` ${old}`, 'begins with a blank'],
    [`\ufeff${old}`, 'begins with an invisible character'],
    [`${old}\u00a0`, 'ends with an invisible character'],
    [`${old}\u200b`, 'ends with an invisible character'],
    [`\u200b${old}`, 'begins with an invisible character'],
    [`${old}\u3164`, 'ends with an invisible character'],
    [`\t${old}\n`, 'begins with a tab and ends with a line break'],
  ])('T3 %j: check says what no eye sees, and what works is found', async (password, text) => {
    const trial = await trialWith();
    await trial.mount.personWrites(credential, { username: account, password });
    const [finding] = await trial.check();
    expect(finding).toContain(`its field "password" ${text}, which no login sends`);
    expect(finding).not.toContain(old);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect(await opens(old)).toBe('refused');
  });

  test('T3 T4 an invisible end of the username is named, and is no other account', async () => {
    const trial = await trialWith();
    await trial.mount.personWrites(credential, { username: `${account}\n`, password: old });
    expect(await trial.check()).toEqual([expect.stringContaining('its field "username" ends with a line break')]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
  });

  test('T4 a username that is not the account: nothing begins, unless it is said that they differ', async () => {
    const trial = await trialWith();
    await trial.mount.personWrites(credential, { username: 'itron-admin', password: old });
    await expectNothingBegins(trial, `its "username" is not "${account}"`);
    const said = await trialWith({
      entry: `kind: password, account: ${account}, targets: [headend], usernameDiffers: true`,
    });
    await said.mount.personWrites(credential, { username: 'itron-admin', password: old });
    expect(await said.check()).toEqual([]);
    expect((await said.rotate('restore')).end).toBe('rotated');
    expect((await said.mount.readerSees(credential))?.username).toBe('itron-admin');
  });

  test('T22 foreign numbers are as the server itself keeps them, which are not all digits', async () => {
    const trial = await trialWith();
    const foreign = { id: 9007199254740991, big: 1.5e300, one: 1, deep: { n: [100000] } };
    await trial.mount.personWrites(credential, { password: old, ...foreign });
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect(await trial.mount.readerSees(credential)).toMatchObject(foreign);
  });
});

describe('what a management secret holds', { timeout: 120_000 }, () => {
  test.each([
    [{ Password: rootPassword }, 'there is "Password"; expected "password" or "private_key"'],
    [{ root: rootPassword }, 'there is "root"; expected "password" or "private_key"'],
    [{ username: 'root', password: '' }, 'its field "password" is empty'],
    [{ password: 17 }, 'has no field that is text'],
  ])('T1 %j: named by both, and nothing is sent', async (content, text) => {
    const trial = await trialWith();
    await trial.mount.personWrites(credential, { password: old });
    await trial.mount.personWrites('mgmt/headend', content);
    expect(await trial.check()).toEqual([expect.stringContaining(text)]);
    const ended = await trial.rotate('restore');
    expect(ended.end).toBe('untouched(misconfigured)');
    expect(ended.causes).toEqual([expect.stringContaining(text)]);
    expect(await opens(old)).toBe('accepted');
  });

  test('T1 a map of its field names', async () => {
    const secret = '{ ref: "primary:mgmt/headend", fields: { password: Password, username: Login } }';
    const trial = await trialWith({ targets: [headendChangedBy(secret)] });
    await trial.mount.personWrites(credential, { password: old });
    await trial.mount.personWrites('mgmt/headend', { Login: 'root', Password: rootPassword });
    expect([await trial.check(), await trial.warnings()]).toEqual([[], []]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect(await opens(old)).toBe('refused');
  });

  test('T3 a line break at its end is named', async () => {
    const trial = await trialWith();
    await trial.mount.personWrites(credential, { password: old });
    await trial.mount.personWrites('mgmt/headend', { password: `${rootPassword}\n` });
    const findings = await trial.check();
    expect(findings).toContainEqual(expect.stringContaining('"password" ends with a line break, which no login sends'));
    expect(findings.join()).not.toContain(rootPassword);
    expect((await trial.rotate('restore')).end).toBe('untouched(unauthorized)');
  });
});

describe('AWS', { timeout: 120_000 }, () => {
  let aws: TestAws;
  let client: SecretsManagerClient;
  beforeAll(async () => {
    aws = await startAws('moto');
    client = clientAt(aws.endpoint);
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  });
  afterAll(() => aws?.stop());

  const cloud = () => `cloud: { driver: aws-secrets-manager, region: us-east-1, endpoint: "${aws.endpoint}" }`;
  const onlyCloud = (name: string, more = '') => `[{ ref: "cloud:${name}"${more} }]`;
  const readersGet = async (name: string) =>
    (await client.send(new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSCURRENT' }))).SecretString;

  test('T9 plain text: check names it, and says how to say so', async () => {
    await client.send(new CreateSecretCommand({ Name: 'plain-1', SecretString: old }));
    const trial = await trialWith({ vaults: [cloud()], copies: onlyCloud('plain-1') });
    await expectNothingBegins(trial, 'format: text');
  });

  test('T9 format: text: a management secret that is plain text', async () => {
    await client.send(new CreateSecretCommand({ Name: 'plain-3', SecretString: rootPassword }));
    const shaped = headendChangedBy('{ ref: "cloud:plain-3", format: text }');
    const trial = await trialWith({ vaults: [cloud()], targets: [shaped] });
    await trial.mount.personWrites(credential, { username: account, password: old });
    expect(await trial.check()).toEqual([]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect(await opens(old)).toBe('refused');
  });

  test('T9 format: text: the whole value is the password', async () => {
    await client.send(new CreateSecretCommand({ Name: 'plain-2', SecretString: old }));
    const trial = await trialWith({ vaults: [cloud()], copies: onlyCloud('plain-2', ', format: text') });
    expect(await trial.check()).toEqual([]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect([await opens((await readersGet('plain-2')) ?? ''), await opens(old)]).toEqual(['accepted', 'refused']);
  });

  test('T9 binary: a clear no from both', async () => {
    await client.send(new CreateSecretCommand({ Name: 'binary-1', SecretBinary: Buffer.from(old) }));
    const trial = await trialWith({ vaults: [cloud()], copies: onlyCloud('binary-1') });
    await expectNothingBegins(trial, 'its value is binary, which relock does not rotate');
  });

  test.each(['"text"', '17', '[1]'])('T9 the JSON value %s is no object', async (text) => {
    const name = `scalar-${text.length}`;
    await client.send(new CreateSecretCommand({ Name: name, SecretString: text }));
    const trial = await trialWith({ vaults: [cloud()], copies: onlyCloud(name) });
    await expectNothingBegins(trial, 'is no JSON object');
  });

  test.each([
    ['numbers', '{"password":"PW","id":9007199254740993,"big":12345678901234567890,"one":1.0,"exp":1e5,"n":[0.10,-0]}'],
    ['lines and order', '{\n\t"z" : 1,\r\n\t"password" : "PW",\n\t"a" : null\n}\n'],
    ['escapes', '{"password":"PW","name":"\\u00e9\\/\\ud83d\\ude00","p\\u0061th":"x"}'],
    ['keys that are there twice', '{"n":1,"password":"PW","n":2,"o":{"k":1,"k":2}}'],
    ['keys that JavaScript knows', '{"__proto__":{"a":1},"constructor":1,"password":"PW","toString":"x"}'],
  ])('T22 what is not ours keeps its very characters: %s', async (what, secret) => {
    const name = `digits-${what.replaceAll(' ', '-')}`;
    await client.send(new CreateSecretCommand({ Name: name, SecretString: secret.replace('PW', old) }));
    const trial = await trialWith({ vaults: [cloud()], copies: onlyCloud(name) });
    expect((await trial.rotate('restore')).end).toBe('rotated');
    const text = (await readersGet(name)) ?? '';
    const { password } = JSON.parse(text);
    expect(text).toBe(secret.replace('PW', password));
    expect(await opens(password)).toBe('accepted');
  });

  test('T22 our own field is there twice: all readers get the new one', async () => {
    await client.send(
      new CreateSecretCommand({ Name: 'twice', SecretString: `{"password":"x","id":1.0,"password":"${old}"}` }),
    );
    const trial = await trialWith({ vaults: [cloud()], copies: onlyCloud('twice') });
    expect((await trial.rotate('restore')).end).toBe('rotated');
    const text = (await readersGet('twice')) ?? '';
    expect(text.match(/"password"/g)).toHaveLength(1);
    expect(text).toContain('"id":1.0');
  });

  test('T22 names of fields and foreign characters together', async () => {
    const secret = `{ "Password" : "${old}", "password": 1.0 }`;
    await client.send(new CreateSecretCommand({ Name: 'names', SecretString: secret }));
    const trial = await trialWith({
      vaults: [cloud()],
      copies: onlyCloud('names', ', fields: { password: Password }'),
    });
    expect((await trial.rotate('restore')).end).toBe('rotated');
    const text = (await readersGet('names')) ?? '';
    expect(text).toBe(secret.replace(old, JSON.parse(text).Password));
  });
});

describe('age files', { timeout: 120_000 }, () => {
  async function ageTrial(write: (age: string, folder: string, recipient: string) => Promise<unknown>, more = '') {
    const age = await findProgram('age', say);
    const trial = await trialWith({
      vaults: [`local: { driver: file, path: ./vault, identityFile: ./vault.key${more} }`],
      copies: '["local:svc"]',
    });
    mkdirSync(join(trial.folder, 'vault'));
    const recipient = await createIdentity(join(trial.folder, 'vault.key'));
    await write(age, trial.folder, recipient);
    return { trial, age };
  }

  const encrypt = async (age: string, args: readonly string[], text: string) => {
    const going = run(age, [...args]);
    going.child.stdin?.end(text);
    await going;
  };
  /** Of somebody else, away from the trial's. */
  const otherFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), 'relock-other-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return folder;
  };
  const decrypt = async (age: string, identity: string, file: string) =>
    (await run(age, ['-d', '-i', identity, file])).stdout;

  test('T22 T23 an armoured file: read, and written back armoured, with every foreign digit', async () => {
    const text = `{"password":"${old}","id":9007199254740993,"one":1.0}`;
    const { trial, age } = await ageTrial((program, folder, recipient) =>
      encrypt(program, ['-a', '-r', recipient, '-o', join(folder, 'vault', 'svc.age')], text),
    );
    expect(await trial.check()).toEqual([]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    const file = join(trial.folder, 'vault', 'svc.age');
    expect(readFileSync(file, 'utf8')).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    const now = await decrypt(age, join(trial.folder, 'vault.key'), file);
    const { password } = JSON.parse(now);
    expect(now).toBe(text.replace(old, password));
    expect(await opens(String(password))).toBe('accepted');
  });

  test('T36 two recipients: nothing begins, for the second would lose it', async () => {
    const { trial } = await ageTrial(async (program, folder, recipient) => {
      const second = await createIdentity(join(folder, 'second.key'));
      const args = ['-r', recipient, '-r', second, '-o', join(folder, 'vault', 'svc.age')];
      await encrypt(program, args, `{"password":"${old}"}`);
    });
    const text = 'can be read with 2 keys';
    const findings = await trial.check();
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) expect(finding).toContain(text);
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ state: 'untouched', logins: 0 });
    expect(ended.causes).toEqual([expect.stringContaining(text)]);
  });

  test.each([
    ['an SSH key', 'ssh-ed25519', 'is encrypted to an SSH key, to which relock does not encrypt'],
    ['an RSA SSH key', 'rsa', 'is encrypted to an SSH key, to which relock does not encrypt'],
  ])('T36 %s is the second recipient: nothing begins, also where as many are named', async (_, kind, text) => {
    const named = await createIdentity(join(otherFolder(), 'named.key'));
    const { trial } = await ageTrial(async (program, folder, recipient) => {
      await run('ssh-keygen', ['-q', '-t', kind.replace('ssh-', ''), '-N', '', '-f', join(folder, 'other')]);
      const args = ['-r', recipient, '-R', join(folder, 'other.pub'), '-o', join(folder, 'vault', 'svc.age')];
      await encrypt(program, args, `{"password":"${old}"}`);
    }, `, recipients: [${named}]`);
    expect(await trial.check()).toContainEqual(expect.stringContaining(text));
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ state: 'untouched', logins: 0 });
    expect(ended.causes).toEqual([expect.stringContaining(text)]);
  });

  test("T36 who is named reads the secrets, and nothing of relock's own", async () => {
    const identity = join(otherFolder(), 'second.key');
    const second = await createIdentity(identity);
    const { trial, age } = await ageTrial(async (program, place, recipient) => {
      const args = ['-r', recipient, '-r', second, '-o', join(place, 'vault', 'svc.age')];
      await encrypt(program, args, `{"password":"${old}"}`);
    }, `, recipients: [${second}, ${second}]`);
    expect(await trial.check()).toEqual([]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect(await decrypt(age, identity, join(trial.folder, 'vault', 'svc.age'))).toContain('password');
    const own = join(trial.folder, 'vault', '.relock', 'documents', 'svc.age');
    await expect(decrypt(age, identity, own)).rejects.toThrow('no identity matched');
  });
});
