import { createPrivateKey, type KeyObject } from 'node:crypto';
import { armoured, openSshEd25519, opensshLabel, SshKeyError } from './opensshKey.js';

/**
 * A private key as people and tools store it (OpenSSH, PKCS#8, PKCS#1, SEC1; line ends of any kind, literal `\n`, blanks for
 * line ends, indented, text around it) in a form that every SSH client reads: OpenSSH for Ed25519, PEM of its own kind for RSA
 * and ECDSA. Throws SshKeyError.
 */
export function readableKeyText(text: string): string {
  const { label, base64 } = privateBlock(text);
  const tidy = armoured(label, base64);
  return label === opensshLabel ? tidy : inUsualForm(parsed(tidy));
}

/** Readers may know this form only: a key in it is replaced by one in it. */
export function isPkcs8(text: string): boolean {
  return privateBlock(text).label === pkcs8Label;
}

interface Block {
  readonly label: string;
  readonly base64: string;
}

const pkcs8Label = 'PRIVATE KEY';

function privateBlock(text: string): Block {
  const plain = text.replaceAll('\\r', '').replaceAll('\\n', '\n');
  const [begin, ...more] = [...plain.matchAll(/-----BEGIN ([A-Z0-9 ]{0,40})-----/g)].filter(isPrivate);
  if (begin === undefined) throw new SshKeyError(otherwise.find(({ is }) => is.test(plain.trim()))?.says ?? unreadable);
  if (more.length > 0) throw new SshKeyError('there are several private keys; store one');
  const [header, label = ''] = begin;
  const start = begin.index + header.length;
  const end = plain.indexOf(`-----END ${label}-----`, start);
  if (end < 0) throw new SshKeyError('the private key is cut off');
  const body = plain.slice(start, end);
  if (label.startsWith('ENCRYPTED') || body.includes('ENCRYPTED')) throw new SshKeyError(locked);
  return { label, base64: body.replace(/\s+/g, '') };
}

function isPrivate([, label = '']: RegExpExecArray): boolean {
  return label.endsWith(pkcs8Label);
}

export const locked = 'the private key has a passphrase; store it without one';
export const unusable =
  'the private key is of a kind that relock does not use (DSA, or one in a security key); put a key of another kind there';
const unreadable = 'the private key cannot be read';

/** What people store by mistake in its place. */
const otherwise: readonly { readonly is: RegExp; readonly says: string }[] = [
  {
    is: /^PuTTY-User-Key-File/,
    says: "the private key is in PuTTY's own form; convert it (puttygen -O private-openssh)",
  },
  {
    is: /^(ssh-|ecdsa-|sk-)|BEGIN (SSH2 |RSA |EC )?PUBLIC KEY|BEGIN CERTIFICATE/,
    says: 'there is a public key or a certificate in the place of the private key',
  },
  { is: /^LS0tLS1CRUdJTi/, says: 'the private key is encoded in base64 as a whole; store its own text' },
];

function parsed(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    throw new SshKeyError(unreadable);
  }
}

function inUsualForm(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return key.export({ type: 'pkcs1', format: 'pem' }).toString();
    case 'ec':
      return key.export({ type: 'sec1', format: 'pem' }).toString();
    case 'ed25519':
      return openSshEd25519(key);
    default:
      throw new SshKeyError(unusable);
  }
}
