import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { sshString, sshUint32 } from './sshWire.js';

/** The text is no key that relock can read. The message holds no part of it. */
export class SshKeyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SshKeyError';
  }
}

export const opensshMagic = Buffer.from('openssh-key-v1\0');
export const opensshLabel = 'OPENSSH PRIVATE KEY';

export function jwkBytes(value: string | undefined): Buffer {
  if (value === undefined) throw new SshKeyError('the key lacks a part that its kind must have');
  return Buffer.from(value, 'base64url');
}

export function ed25519Blob(publicBytes: Buffer): Buffer {
  return Buffer.concat([sshString('ssh-ed25519'), sshString(publicBytes)]);
}

/** The private section: two equal check numbers, the key, the comment, padding 1, 2, 3 … to 8 bytes. */
function privateSection(publicBytes: Buffer, seed: Buffer, comment: string): Buffer {
  const check = randomBytes(4);
  const body = Buffer.concat([
    check,
    check,
    sshString('ssh-ed25519'),
    sshString(publicBytes),
    sshString(Buffer.concat([seed, publicBytes])),
    sshString(comment),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
  return Buffer.concat([body, padding]);
}

/** Lines as long as the writers of that form make them: OpenSSH 70, PEM 64. */
export function armoured(label: string, base64: string): string {
  const lines = base64.match(label === opensshLabel ? /.{1,70}/g : /.{1,64}/g) ?? [];
  return `${[`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join('\n')}\n`;
}

export function encodePrivateKey(publicBytes: Buffer, seed: Buffer, comment: string): string {
  const bytes = Buffer.concat([
    opensshMagic,
    sshString('none'),
    sshString('none'),
    sshString(''),
    sshUint32(1),
    sshString(ed25519Blob(publicBytes)),
    sshString(privateSection(publicBytes, seed, comment)),
  ]);
  return armoured(opensshLabel, bytes.toString('base64'));
}

export function rawPublic(key: KeyObject): Buffer {
  return jwkBytes(createPublicKey(key).export({ format: 'jwk' }).x);
}

/** An Ed25519 key in OpenSSH's own form, without a comment. */
export function openSshEd25519(key: KeyObject): string {
  const seed = jwkBytes(key.export({ format: 'jwk' }).d);
  return encodePrivateKey(rawPublic(key), seed, '');
}
