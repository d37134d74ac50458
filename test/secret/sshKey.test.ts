import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SshKeyError } from '../../src/secret/opensshKey.js';
import { formatPublicKey, generateSshKey, parsePublicKey, publicKeyOf } from '../../src/secret/sshKey.js';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'relock-keys-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function sshKeygenPublic(privateKey: string): string {
  const file = join(directory, 'key');
  writeFileSync(file, privateKey, { mode: 0o600 });
  chmodSync(file, 0o600);
  return execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).trim();
}

describe('generated SSH keys', () => {
  it('are all usable: 1000 keys are parsed by another library, sign and verify', () => {
    const types = new Set<string>();
    for (let made = 0; made < 1000; made++) {
      const secret = generateSshKey('relock test');
      const parsed = ssh2.utils.parseKey(secret.reveal('private_key'));
      if (parsed instanceof Error) throw new Error(`key ${made} cannot be parsed`);
      const signature = parsed.sign('sample');
      expect(parsed.verify('sample', signature)).toBe(true);
      expect(parsed.getPublicSSH().toString('base64')).toBe(parsePublicKey(secret.reveal('public_key'))?.blob);
      types.add(parsed.type);
    }
    expect([...types]).toEqual(['ssh-ed25519']);
  }, 60_000);

  it('are read by ssh-keygen, which finds the same public key and comment', () => {
    for (let made = 0; made < 40; made++) {
      const secret = generateSshKey('itron/sftp-key 2026');
      expect(sshKeygenPublic(secret.reveal('private_key'))).toBe(secret.reveal('public_key'));
    }
  });

  it('hold exactly the two owned fields', () => {
    expect(generateSshKey('c').fieldNames()).toEqual(['private_key', 'public_key']);
  });
});

describe('publicKeyOf', () => {
  it.each([
    ['rsa', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' })],
    ['ecdsa', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey.export({ type: 'sec1', format: 'pem' })],
  ])('agrees with ssh-keygen for %s in PEM', (_, pem) => {
    expect(formatPublicKey(publicKeyOf(pem.toString()))).toBe(sshKeygenPublic(pem.toString()));
  });

  it('agrees with itself for a generated key', () => {
    const secret = generateSshKey('c');
    expect(formatPublicKey(publicKeyOf(secret.reveal('private_key'), 'c'))).toBe(secret.reveal('public_key'));
  });

  it('names no part of a text that is no key', () => {
    for (const text of ['', 'hunter2', '-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n']) {
      expect(() => publicKeyOf(text)).toThrow(SshKeyError);
      expect(() => publicKeyOf(text)).not.toThrow(/hunter2/);
    }
  });
});

describe('parsePublicKey', () => {
  it.each(['', 'ssh-ed25519', 'ssh-ed25519 AAAA', 'ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA==', '# ssh-ed25519'])(
    'refuses %j',
    (line) => expect(parsePublicKey(line)).toBeNull(),
  );
});
