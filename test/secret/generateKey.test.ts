import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { keyTypes } from '../../src/model/kinds.js';
import { generateKey } from '../../src/secret/generateKey.js';
import { kindOfKey, nameOfKind, nextKeyType } from '../../src/secret/keyKind.js';
import { SshKeyError } from '../../src/secret/opensshKey.js';
import { isPkcs8, readableKeyText } from '../../src/secret/privateKeyText.js';
import { Secret } from '../../src/secret/secret.js';
import { formatPublicKey, publicKeyOf } from '../../src/secret/sshKey.js';

/** A file of its own with that text; without one it is not there yet. */
function keyFile(text: string | null = null): string {
  const folder = mkdtempSync(join(tmpdir(), 'relock-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'key');
  if (text !== null) writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** What stock ssh-keygen says of a private key. */
function stockPublic(text: string): string {
  return execFileSync('ssh-keygen', ['-y', '-f', keyFile(text)], { encoding: 'utf8' }).trim();
}

function openssl(...args: readonly string[]): string {
  return execFileSync('openssl', [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** A new private key as stock ssh-keygen writes it. */
function stockKey(...args: readonly string[]): string {
  const file = keyFile();
  execFileSync('ssh-keygen', ['-q', '-N', '', '-f', file, ...args]);
  return readFileSync(file, 'utf8');
}

/** Keys take seconds to make: one of each is enough. */
function once(make: () => string): () => string {
  let made: string | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

const kindOf = (text: string) => nameOfKind(kindOfKey(publicKeyOf(text)));
const nextOf = (text: string) => nextKeyType(null, Secret.of({ private_key: text }));

describe('T5 a key of each kind', () => {
  it.each(keyTypes)('%s: stock ssh-keygen and ssh2 read it, and its kind is told again', async (type) => {
    const secret = await generateKey(type, 'itron/sftp');
    const text = secret.reveal('private_key');
    expect(secret.reveal('public_key').split(' ').slice(0, 2)).toEqual(stockPublic(text).split(' ').slice(0, 2));
    expect(ssh2.utils.parseKey(text)).not.toBeInstanceOf(Error);
    expect([kindOf(text), nextOf(text)]).toEqual([type, type]);
  });

  test.each(['ed25519', 'ecdsa-p384', 'rsa-3072'] as const)('%s in PKCS#8', async (type) => {
    const secret = await generateKey(type, 'c', 'pkcs8');
    const text = secret.reveal('private_key');
    expect([isPkcs8(text), kindOf(text)]).toEqual([true, type]);
    expect(stockPublic(readableKeyText(text)).split(' ')[1]).toBe(publicKeyOf(text).blob);
    expect(openssl('pkey', '-in', keyFile(text), '-pubout')).toContain('BEGIN PUBLIC KEY');
  });

  test.each([
    [['-t', 'rsa', '-b', '1024'], 'rsa-1024', 'rsa-3072'],
    [['-t', 'rsa', '-b', '1024', '-m', 'PEM'], 'rsa-1024', 'rsa-3072'],
    [['-t', 'rsa', '-b', '3104'], 'rsa-3104', 'rsa-4096'],
    [['-t', 'ecdsa', '-b', '521'], 'ecdsa-p521', 'ecdsa-p521'],
    [['-t', 'ecdsa', '-b', '256', '-m', 'PEM'], 'ecdsa-p256', 'ecdsa-p256'],
    [['-t', 'ed25519'], 'ed25519', 'ed25519'],
  ] as const)('what ssh-keygen %j writes is %s, and followed by %s', (args, kind, next) => {
    const text = stockKey(...args);
    expect([kindOf(text), nextOf(text)]).toEqual([kind, next]);
  });

  test('keyType goes before; without either it is Ed25519', () => {
    expect(nextKeyType('rsa-4096', Secret.of({ private_key: stockKey('-t', 'ed25519') }))).toBe('rsa-4096');
    expect(nextKeyType(null, null)).toBe('ed25519');
  });
});

const rsaPkcs8 = once(() => openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'));
const makers: Readonly<Record<string, () => string>> = {
  'RSA in PKCS#8': rsaPkcs8,
  'ECDSA in PKCS#8': once(() => openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384')),
  'Ed25519 in PKCS#8': once(() => openssl('genpkey', '-algorithm', 'ed25519')),
  'RSA in PKCS#1': once(() => openssl('rsa', '-in', keyFile(rsaPkcs8()), '-traditional')),
  'ECDSA in SEC1, behind its parameters': once(() => openssl('ecparam', '-name', 'prime256v1', '-genkey')),
  'ECDSA in SEC1, without its public half': once(() =>
    openssl('ec', '-no_public', '-in', keyFile(openssl('ecparam', '-name', 'secp521r1', '-genkey', '-noout'))),
  ),
  'RSA in OpenSSH form': once(() => stockKey('-t', 'rsa', '-b', '2048')),
  'ECDSA in OpenSSH form': once(() => stockKey('-t', 'ecdsa', '-b', '256')),
  'Ed25519 in OpenSSH form': once(() => stockKey('-t', 'ed25519')),
};

const spoilt: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'with literal \\n': (text) => text.replaceAll('\n', '\\n'),
  'with literal \\r\\n': (text) => text.replaceAll('\n', '\\r\\n'),
  indented: (text) => text.replaceAll(/^/gm, '    '),
  'with CRLF and blank lines': (text) => `\r\n\r\n${text.replaceAll('\n', '\r\n')}\r\n`,
  'with CR alone': (text) => text.replaceAll('\n', '\r'),
  'on one line': (text) => text.replaceAll('\n', ' '),
  'without its last line end, behind a byte order mark': (text) => `\uFEFF${text.trimEnd()}`,
  'with a note before and after': (text) => `Bag Attributes\n    friendlyName: itron\n${text}\n-- itron\n`,
};

describe('T14 keys as OpenSSL, ssh-keygen, AWS and people write them', () => {
  it.each(Object.entries(makers))('%s, in any shape', (_, make) => {
    const blobs = Object.entries(spoilt).map(([how, spoil]) => {
      const key = ssh2.utils.parseKey(readableKeyText(spoil(make())));
      if (key instanceof Error) throw key;
      const { blob } = publicKeyOf(spoil(make()));
      expect(key.getPublicSSH().toString('base64'), how).toBe(blob);
      return blob;
    });
    expect(new Set(blobs)).toEqual(new Set([stockPublic(readableKeyText(make())).split(' ')[1]]));
  });

  test('one in OpenSSH form stays byte for byte', async () => {
    const text = (await generateKey('ed25519', 'c')).reveal('private_key');
    expect(readableKeyText(text)).toBe(text);
    expect(formatPublicKey(publicKeyOf(text))).toContain('ssh-ed25519');
  });
});

const pem = (label: string, body: string) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const otherKind = 'of a kind that relock does not use';
const wrong: Readonly<Record<string, readonly [() => string, string]>> = {
  'PKCS#8 with a passphrase': [
    () => openssl('genpkey', '-algorithm', 'ed25519', '-aes256', '-pass', 'pass:hunter2'),
    'passphrase',
  ],
  'PKCS#1 with a passphrase': [
    () => openssl('rsa', '-in', keyFile(rsaPkcs8()), '-traditional', '-aes256', '-passout', 'pass:hunter2'),
    'passphrase',
  ],
  'OpenSSH form with a passphrase': [() => stockKey('-t', 'ed25519', '-N', 'hunter2'), 'passphrase'],
  X25519: [() => openssl('genpkey', '-algorithm', 'X25519'), otherKind],
  'another curve': [() => openssl('ecparam', '-name', 'secp256k1', '-genkey'), otherKind],
  DSA: [() => openssl('gendsa', keyFile(openssl('dsaparam', '1024'))), otherKind],
  'DSA in OpenSSH form': [() => stockKey('-t', 'dsa'), otherKind],
  'a public key': [() => `ssh-ed25519 ${publicKeyOf(stockKey('-t', 'ed25519')).blob} hunter2`, 'a public key'],
  'a public key in PEM': [() => openssl('pkey', '-in', keyFile(rsaPkcs8()), '-pubout'), 'a public key'],
  PuTTY: [() => 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: hunter2\n', 'puttygen'],
  'base64 of a key': [() => Buffer.from(rsaPkcs8()).toString('base64'), 'base64'],
  'two keys': [() => rsaPkcs8() + openssl('genpkey', '-algorithm', 'ed25519'), 'several private keys'],
  'one that is cut off': [() => rsaPkcs8().slice(0, 400), 'cut off'],
  'garbage in PKCS#8': [() => pem('PRIVATE KEY', 'hunter2'), 'cannot be read'],
  'garbage in OpenSSH form': [() => pem('OPENSSH PRIVATE KEY', 'hunter2'), 'OpenSSH'],
  'a password': [() => 'hunter2', 'cannot be read'],
  nothing: [() => '', 'cannot be read'],
};

describe('T14 what cannot be read stays a clear error, and names no part of it', () => {
  test.each(Object.entries(wrong))('%s', (_, [make, text]) => {
    const value = make();
    expect(() => publicKeyOf(value)).toThrow(SshKeyError);
    expect(() => publicKeyOf(value)).toThrow(text);
    expect(() => publicKeyOf(value)).not.toThrow(/hunter2/);
  });

  test.each([
    ['beginnings', '-----BEGIN PRIVATE KEY-----'.repeat(40_000)],
    ['a label without end', `-----BEGIN ${'A '.repeat(500_000)}`],
    ['literal line ends', '\\n'.repeat(500_000)],
  ])('a megabyte of %s, in time that grows with the length only', (_, text) => {
    const started = performance.now();
    expect(() => publicKeyOf(text)).toThrow(SshKeyError);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
