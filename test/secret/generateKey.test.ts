import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { keyTypes } from '../../src/model/kinds.js';
import { generateKey, keyTypeOf } from '../../src/secret/generateKey.js';
import { SshKeyError } from '../../src/secret/opensshKey.js';
import { readableKeyText } from '../../src/secret/privateKeyText.js';
import { formatPublicKey, publicKeyOf } from '../../src/secret/sshKey.js';

/** What stock ssh-keygen says of a private key. */
function stockPublic(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'relock-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'key'), text, { mode: 0o600 });
  return execFileSync('ssh-keygen', ['-y', '-f', join(folder, 'key')], { encoding: 'utf8' }).trim();
}

const openssl = (args: readonly string[]) => execFileSync('openssl', [...args], { encoding: 'utf8' });

describe('T5 a key of each kind', () => {
  it.each(keyTypes)('%s: stock ssh-keygen and ssh2 read it, and its kind is told again', async (type) => {
    const secret = await generateKey(type, 'itron/sftp');
    const text = secret.reveal('private_key');
    expect(secret.reveal('public_key').split(' ').slice(0, 2)).toEqual(stockPublic(text).split(' ').slice(0, 2));
    expect(ssh2.utils.parseKey(text)).not.toBeInstanceOf(Error);
    expect(keyTypeOf(text)).toBe(type);
  });
});

describe('T14 keys as OpenSSL and AWS write them', () => {
  const pkcs8 = {
    rsa: () => openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']),
    ec: () => openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384']),
    ed25519: () => openssl(['genpkey', '-algorithm', 'ed25519']),
  };
  const spoilt = {
    'as it is': (text: string) => text,
    'with literal \\n': (text: string) => text.replaceAll('\n', '\\n'),
    indented: (text: string) => text.replaceAll(/^/gm, '    '),
    'with CRLF and blank lines': (text: string) => `\r\n\r\n${text.replaceAll('\n', '\r\n')}\r\n`,
  };
  const cases = Object.entries(pkcs8).flatMap(([kind, make]) =>
    Object.entries(spoilt).map(([how, spoil]) => [kind, how, make, spoil] as const),
  );

  it.each(cases)('%s in PKCS#8, %s', (_kind, _how, make, spoil) => {
    const text = make();
    expect(text).toContain('BEGIN PRIVATE KEY');
    const read = readableKeyText(spoil(text));
    const key = ssh2.utils.parseKey(read);
    if (key instanceof Error) throw key;
    expect(stockPublic(read).split(' ')[1]).toBe(publicKeyOf(spoil(text)).blob);
    expect(Buffer.from(key.getPublicSSH()).toString('base64')).toBe(publicKeyOf(spoil(text)).blob);
  });

  test('what cannot be read stays a clear error, and names no part of it', () => {
    const encrypted = openssl(['genpkey', '-algorithm', 'ed25519', '-aes256', '-pass', 'pass:hunter2']);
    const wrong = '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n';
    for (const text of [encrypted, wrong, openssl(['genpkey', '-algorithm', 'X25519'])])
      expect(() => readableKeyText(text)).toThrow(SshKeyError);
    expect(() => readableKeyText(encrypted)).toThrow(/passphrase/);
    expect(() => readableKeyText(wrong)).not.toThrow(/hunter2/);
  });

  test('one in OpenSSH form stays byte for byte', async () => {
    const text = (await generateKey('ed25519', 'c')).reveal('private_key');
    expect(readableKeyText(text)).toBe(text);
    expect(formatPublicKey(publicKeyOf(text))).toContain('ssh-ed25519');
  });
});
