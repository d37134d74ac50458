import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { kindOfKey, nameOfKind } from '../../src/secret/keyKind.js';
import { readableKeyText } from '../../src/secret/privateKeyText.js';
import { fingerprintOfKey, publicKeyOf } from '../../src/secret/sshKey.js';
import { type SshHost, type SshHostOptions, startSshHost } from '../harness/sshHost.js';
import { tryLogin } from '../harness/sshLogin.js';
import { hostTrial, rootPassword } from './hostTrial.js';
import { credential, type Trial } from './trial.js';

const account = 'itron-sftp';
const file = `/home/${account}/.ssh/authorized_keys`;
const kindOf = (privateKey: string) => nameOfKind(kindOfKey(publicKeyOf(privateKey)));
const lineOf = (privateKey: string) => `${publicKeyOf(privateKey).type} ${publicKeyOf(privateKey).blob} itron`;
const fingerprint = (privateKey: string) => fingerprintOfKey(publicKeyOf(privateKey));

function openssl(...args: readonly string[]): string {
  return execFileSync('openssl', [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

const rsaPkcs8 = (bits = 3072) => openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`);

/** A new private key as stock ssh-keygen writes it. */
function stockKey(...args: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'relock-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync('ssh-keygen', ['-q', '-N', '', '-f', join(folder, 'key'), ...args]);
  return readFileSync(join(folder, 'key'), 'utf8');
}

interface Door {
  readonly host: SshHost;
  readonly trial: Trial;
}

interface DoorOptions extends SshHostOptions {
  /** What opens the account; the vault has it as well. */
  readonly keys: readonly string[];
  /** As it is written into the vault; null: nothing is. Default: the first. */
  readonly stored?: string | null;
  /** Of the credential and of the target in relock.yaml, with a comma in front. */
  readonly entry?: string;
  readonly settings?: string;
  readonly copies?: string;
}

async function doorWith({ keys, entry = '', settings = '', copies, stored, ...options }: DoorOptions): Promise<Door> {
  const host = await startSshHost(options);
  onTestFinished(() => host.stop());
  await host.setPassword('root', rootPassword);
  await host.addUser({ name: account, authorizedKeys: keys.map(lineOf) });
  const value = stored === undefined ? keys[0] : stored;
  const trial = await hostTrial(host, {
    kind: 'ssh-key',
    account,
    secret: value == null ? null : { private_key: value },
    settings,
    more: entry,
    ...(copies !== undefined && { copies }),
    // RSA keys take their time on a machine that does much else.
    timing:
      'effectMs: 60000, probeAgainMs: 200, settleDeadlineMs: 12000, stragglerMs: 1000, callMs: 60000, probeMs: 6000',
  });
  return { host, trial };
}

/** Stock ssh reads no Ed25519 key in PKCS#8. */
const opens = (host: SshHost, privateKey: string) =>
  tryLogin({ address: host.address, user: account, privateKey: readableKeyText(privateKey) });
const readersKey = async (trial: Trial) => String((await trial.mount.readerSees(credential))?.private_key);

const onlyRsa: readonly string[] = ['PubkeyAcceptedAlgorithms rsa-sha2-256,rsa-sha2-512'];

describe('the kind of a key', { timeout: 240_000 }, () => {
  test('T5 T14 T16 an RSA key in PKCS#8 on a server that takes no Ed25519 is replaced by one of its kind and form', async () => {
    const old = rsaPkcs8();
    const { host, trial } = await doorWith({ keys: [old], sshdConfig: onlyRsa });
    expect([await trial.check(), await trial.warnings()]).toEqual([[], []]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    const now = await readersKey(trial);
    expect(kindOf(now)).toBe('rsa-3072');
    expect(now).toContain('-----BEGIN PRIVATE KEY-----');
    expect([await opens(host, now), await opens(host, old)]).toEqual(['accepted', 'refused']);
    expect(await host.readFile(file)).not.toContain(lineOf(old));
  });

  test.each([
    ['rsa-3072', () => stockKey('-t', 'rsa', '-b', '2048')],
    ['rsa-4096', () => stockKey('-t', 'rsa', '-b', '4096')],
    ['ecdsa-p256', () => stockKey('-t', 'ecdsa', '-b', '256', '-m', 'PEM')],
    ['ecdsa-p384', () => stockKey('-t', 'ecdsa', '-b', '384')],
    ['ecdsa-p521', () => openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521')],
    ['ed25519', () => openssl('genpkey', '-algorithm', 'ed25519')],
  ])('T5 the new key is %s, as the old one was', async (kind, make) => {
    const old = make();
    const { host, trial } = await doorWith({ keys: [old] });
    expect(await trial.warnings()).toEqual([]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    const now = await readersKey(trial);
    expect(kindOf(now)).toBe(kind);
    expect([await opens(host, now), await opens(host, old)]).toEqual(['accepted', 'refused']);
  });

  test('T5 keyType says otherwise, and check says old and new kind', async () => {
    const old = stockKey('-t', 'ecdsa', '-b', '256');
    const { host, trial } = await doorWith({ keys: [old], entry: ', keyType: ed25519' });
    const said = 'its present key is ecdsa-p256, and a rotation makes ed25519';
    expect([await trial.check(), await trial.warnings()]).toEqual([[], [expect.stringContaining(said)]]);
    expect(await trial.dryRun()).toEqual([expect.stringContaining(said)]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    const now = await readersKey(trial);
    expect(kindOf(now)).toBe('ed25519');
    expect([await opens(host, now), await opens(host, old)]).toEqual(['accepted', 'refused']);
  });

  test('T5 copies disagree: the kind of the one that readers of the primary have', async () => {
    const [mine, theirs] = [stockKey('-t', 'ecdsa', '-b', '256'), stockKey('-t', 'ed25519')];
    const copies = `["primary:${credential}", "primary:itron/second"]`;
    const { host, trial } = await doorWith({ keys: [theirs, mine], stored: mine, copies });
    await trial.mount.personWrites('itron/second', { username: account, private_key: theirs });
    expect((await trial.rotate('forward')).end).toBe('rotated');
    const now = await readersKey(trial);
    expect(kindOf(now)).toBe('ecdsa-p256');
    expect((await trial.mount.readerSees('itron/second'))?.private_key).toBe(now);
    expect([await opens(host, mine), await opens(host, theirs)]).toEqual(['refused', 'refused']);
  });

  test.each([
    [
      'keyType: ed25519 where sshd takes RSA only',
      rsaPkcs8,
      onlyRsa,
      ', keyType: ed25519',
      'no ed25519 key opens it here',
    ],
    [
      'keyType: rsa-3072 where sshd asks for 4096 bits',
      () => stockKey('-t', 'ed25519'),
      ['RequiredRSASize 4096'],
      ', keyType: rsa-3072',
      'sshd takes longer RSA keys only (RequiredRSASize). Say keyType: ed25519 or ecdsa-p256',
    ],
    [
      'only for this account, by a Match block',
      rsaPkcs8,
      [`Match User ${account}`, '  PubkeyAcceptedAlgorithms rsa-*'],
      ', keyType: ecdsa-p256',
      'no ecdsa-p256 key opens it here',
    ],
  ])(
    'T16 %s: check and rotation say so in the same words, and nothing is changed',
    async (_, make, sshdConfig, entry, text) => {
      const old = make();
      const { host, trial } = await doorWith({ keys: [old], sshdConfig, entry });
      const before = await host.readFile(file);
      expect(await trial.check()).toEqual([expect.stringContaining(text)]);
      for (const policy of ['restore', 'forward'] as const) {
        const ended = await trial.rotate(policy);
        expect(ended).toMatchObject({ end: 'untouched(refused)', exposed: true, open: false });
        expect(ended.causes).toEqual([expect.stringContaining(text)]);
        expect(ended.logins).toBeLessThanOrEqual(2);
      }
      expect(await host.readFile(file)).toBe(before);
      expect(await opens(host, old)).toBe('accepted');
    },
  );
});

describe('keys as they are stored', { timeout: 240_000 }, () => {
  test.each([
    ['literal \\n', (text: string) => text.replaceAll('\n', '\\n')],
    [
      'indented, with CRLF and blank lines around',
      (text: string) => `\r\n${text.replaceAll(/^/gm, '   ').replaceAll('\n', '\r\n')}\r\n`,
    ],
  ])('T14 %s', async (_, spoil) => {
    const old = openssl('genpkey', '-algorithm', 'ed25519');
    const { host, trial } = await doorWith({ keys: [old], stored: spoil(old) });
    expect(await opens(host, old)).toBe('accepted');
    expect(await trial.check()).toEqual([]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect([await opens(host, await readersKey(trial)), await opens(host, old)]).toEqual(['accepted', 'refused']);
  });

  test.each([
    [
      'a passphrase',
      () => openssl('genpkey', '-algorithm', 'ed25519', '-aes256', '-pass', 'pass:hunter2'),
      'passphrase',
    ],
    ['a public key in its place', () => lineOf(stockKey('-t', 'ed25519')), 'there is a public key'],
    ['DSA', () => stockKey('-t', 'dsa'), 'of a kind that relock does not use'],
    ['garbage', () => 'hunter2', 'cannot be read'],
  ])('T14 %s: check and rotation say so in the same words, and nothing is changed', async (_, make, text) => {
    const old = stockKey('-t', 'ed25519');
    const { host, trial } = await doorWith({ keys: [old], stored: make() });
    expect(await trial.check()).toEqual([expect.stringContaining(text)]);
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ end: 'untouched(misconfigured)', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining(text)]);
    expect(JSON.stringify(ended.causes)).not.toContain('hunter2');
    expect(await host.readFile(file)).toBe(`${lineOf(old)}\n`);
  });
});

describe('a key that no vault has', { timeout: 240_000 }, () => {
  test('T2 a key under another field name: nothing begins, and the old key is not said to be dead', async () => {
    const old = stockKey('-t', 'ed25519');
    const { host, trial } = await doorWith({ keys: [old], stored: null });
    await trial.mount.personWrites(credential, { username: account, ssh_private_key: old });
    const text = 'there is "ssh_private_key"; expected "private_key"';
    expect(await trial.check()).toEqual([expect.stringContaining(text)]);
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ state: 'untouched', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining(text)]);
    expect(await opens(host, old)).toBe('accepted');
  });

  test('T2 T30 the newest version was deleted: nothing begins, and check names what opens the account', async () => {
    const old = stockKey('-t', 'ed25519');
    const { host, trial } = await doorWith({ keys: [old], settings: ', keyOptions: ""' });
    await trial.mount.api('DELETE', `${trial.mount.mount}/data/${credential}`);
    expect(await trial.check()).toEqual([expect.stringContaining('readers get no secret there')]);
    const stranger = `1 key is there that relock does not know (${fingerprint(old)})`;
    expect(await trial.warnings()).toEqual([expect.stringContaining(stranger)]);
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ end: 'untouched(noOldValue)', exposed: true, open: false });
    expect(await host.readFile(file)).toBe(`${lineOf(old)}\n`);
  });

  test('T2 T30 adopt: true: the strangers are named before and after, until a person has taken them out', async () => {
    const old = stockKey('-t', 'ed25519');
    const { host, trial } = await doorWith({
      keys: [old],
      stored: null,
      entry: ', adopt: true',
      settings: ', keyOptions: ""',
    });
    const stranger = `1 key is there that relock does not know (${fingerprint(old)})`;
    expect([await trial.check(), await trial.warnings()]).toEqual([[], [expect.stringContaining(stranger)]]);
    expect(await trial.dryRun()).toEqual([expect.stringContaining(stranger)]);
    expect(await trial.rotate('forward')).toMatchObject({ end: 'replaced(adopted)', exposed: true });
    const first = await readersKey(trial);
    expect([await opens(host, first), await opens(host, old)]).toEqual(['accepted', 'accepted']);
    expect(await trial.warnings()).toEqual([expect.stringContaining(stranger)]);
    await host.exec(`sed -i '1d' ${file}`);
    expect(await trial.warnings()).toEqual([]);
    trial.rewrite(', adopt: true', '');
    expect((await trial.rotate('forward')).end).toBe('rotated');
    expect([await opens(host, first), await opens(host, old)]).toEqual(['refused', 'refused']);
  });

  test('T2 adopt: true without keyOptions: said, and nothing is changed', async () => {
    const old = stockKey('-t', 'ed25519');
    const { host, trial } = await doorWith({ keys: [old], stored: null, entry: ', adopt: true' });
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ state: 'untouched', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining('no present key is known')]);
    expect(await host.readFile(file)).toBe(`${lineOf(old)}\n`);
  });

  test('T2 a person took the present key out: nobody is told to set keyOptions for that', async () => {
    const old = stockKey('-t', 'ed25519');
    const { trial, host } = await doorWith({ keys: [old], stored: stockKey('-t', 'ed25519') });
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ state: 'untouched', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining('Find out who took it out, then put it back')]);
    expect(await host.readFile(file)).toBe(`${lineOf(old)}\n`);
  });
});
