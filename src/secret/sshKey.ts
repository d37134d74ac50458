import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import {
  ed25519Blob,
  encodePrivateKey,
  jwkBytes,
  opensshLabel,
  opensshMagic,
  rawPublic,
  SshKeyError,
} from './opensshKey.js';
import { locked, readableKeyText, unusable } from './privateKeyText.js';
import { Secret } from './secret.js';
import { SshReader, sshInteger, sshString } from './sshWire.js';

/** A public key as one line of text holds it. */
export interface SshPublicKey {
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** The key in wire form, base64. Two keys are the same when these are. */
  readonly blob: string;
  readonly comment: string;
}

function opensshBody(text: string): SshReader {
  const base64 = text.replace(/-----[A-Z ]+-----/g, '').replace(/\s+/g, '');
  const bytes = Buffer.from(base64, 'base64');
  if (!bytes.subarray(0, opensshMagic.length).equals(opensshMagic)) {
    throw new SshKeyError('it is not an OpenSSH private key');
  }
  return new SshReader(bytes.subarray(opensshMagic.length));
}

/** Cipher name, KDF name, KDF options, number of keys; leaves the reader at the public key. */
function skipHeader(reader: SshReader): { readonly encrypted: boolean } {
  const cipher = reader.string().toString();
  reader.string();
  reader.string();
  if (reader.uint32() !== 1) throw new SshKeyError('the file must hold exactly one key');
  return { encrypted: cipher !== 'none' };
}

function seedOf(text: string): Buffer {
  const reader = opensshBody(text);
  skipHeader(reader);
  reader.string();
  const section = new SshReader(reader.string());
  const check = section.uint32();
  if (section.uint32() !== check) throw new SshKeyError('the key is damaged');
  section.string();
  section.string();
  return section.string().subarray(0, 32);
}

function keyFromSeed(seed: Buffer): KeyObject {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
}

/** Reads the pair back from its text and signs with it: a key that fails this would lock somebody out. */
function proveUsable(privateKey: string, blob: string): void {
  const parsed = keyFromSeed(seedOf(privateKey));
  const publicBytes = rawPublic(parsed);
  const sample = randomBytes(32);
  const works = verify(null, sample, createPublicKey(parsed), sign(null, sample, parsed));
  if (!works || ed25519Blob(publicBytes).toString('base64') !== blob) {
    throw new SshKeyError('a key that was just made cannot be used; nothing was installed');
  }
}

/** A new Ed25519 pair as `private_key` (OpenSSH format) and `public_key` (one line). The comment must be one line. */
export function generateSshKey(comment: string): Secret {
  // An Ed25519 key is 32 random bytes. Node 20's `generateKeyPairSync` is not used: exporting its key stops the whole process
  // for good when garbage is collected in that moment, since both take one lock.
  const seed = randomBytes(32);
  const publicBytes = rawPublic(keyFromSeed(seed));
  const text = encodePrivateKey(publicBytes, seed, comment);
  const blob = ed25519Blob(publicBytes).toString('base64');
  proveUsable(text, blob);
  return Secret.of({ private_key: text, public_key: formatPublicKey({ type: 'ssh-ed25519', blob, comment }) });
}

/** One line, without a line end. */
export function formatPublicKey(key: SshPublicKey): string {
  return [key.type, key.blob, key.comment].filter((part) => part !== '').join(' ');
}

/**
 * Parses `type base64 [comment]`; null when the text is not that, or the base64 does not hold a key of that type. In time
 * that grows with the length only: whoever owns an account writes what is read here.
 */
export function parsePublicKey(line: string): SshPublicKey | null {
  const [, type = '', token = '', rest = ''] = /^[ \t]*([a-z0-9@.-]+)[ \t]+([^ \t]+)([\s\S]*)$/.exec(line) ?? [];
  const comment = rest.trim();
  // OpenSSH reads over white space of other kinds within the base64.
  const blob = token.replace(/[\r\n\v\f]/g, '');
  const isKey = isBase64(blob) && blobType(blob) === type && !comment.includes('\n');
  return isKey ? { type, blob, comment } : null;
}

function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}

/** null: it is no key, or one that is cut off. */
function blobType(blob: string): string | null {
  try {
    const reader = new SshReader(Buffer.from(blob, 'base64'));
    const type = reader.string().toString();
    // Every part of a key is a string; certificates also have numbers.
    while (!type.includes('-cert-') && !reader.atEnd()) reader.string();
    return type;
  } catch {
    return null;
  }
}

function pemPublicBlob(text: string): Buffer {
  const jwk = createPublicKey(createPrivateKey(text)).export({ format: 'jwk' });
  if (jwk.kty === 'RSA')
    return Buffer.concat([sshString('ssh-rsa'), sshInteger(jwkBytes(jwk.e)), sshInteger(jwkBytes(jwk.n))]);
  if (jwk.kty === 'OKP') return ed25519Blob(jwkBytes(jwk.x));
  const curve = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' }[jwk.crv ?? ''];
  if (curve === undefined) throw new SshKeyError(unusable);
  const point = Buffer.concat([Buffer.from([4]), jwkBytes(jwk.x), jwkBytes(jwk.y)]);
  return Buffer.concat([sshString(`ecdsa-sha2-${curve}`), sshString(curve), sshString(point)]);
}

function publicBlob(text: string): Buffer {
  if (!text.includes(opensshLabel)) return pemPublicBlob(text);
  const reader = opensshBody(text);
  if (skipHeader(reader).encrypted) throw new SshKeyError(locked);
  return reader.string();
}

/** The public half of a private key, as `readableKeyText` reads it. Throws SshKeyError. */
export function publicKeyOf(privateKey: string, comment = ''): SshPublicKey {
  try {
    const bytes = publicBlob(readableKeyText(privateKey));
    const type = new SshReader(bytes).string().toString();
    if (!/^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521))$/.test(type)) throw new SshKeyError(unusable);
    return { type, blob: bytes.toString('base64'), comment };
  } catch (error) {
    throw error instanceof SshKeyError ? error : new SshKeyError('the private key cannot be read');
  }
}

export function fingerprintOfKey({ blob }: SshPublicKey): string {
  return fingerprintOf(Buffer.from(blob, 'base64'));
}

/** `SHA256:…`, as OpenSSH prints it, of a key in wire form. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
