import { createPrivateKey, type KeyObject } from 'node:crypto';
import { openSshEd25519, SshKeyError } from './opensshKey.js';

/**
 * A private key as people and tools store it (OpenSSH, PKCS#8, PKCS#1, SEC1; line ends of any kind, literal `\n`, indented, blank
 * lines around) in a form that every SSH client reads: OpenSSH for Ed25519, PEM of its own kind for RSA and ECDSA. What is so
 * already stays as it is. Throws SshKeyError.
 */
export function readableKeyText(text: string): string {
  const tidy = tidied(text);
  if (!/-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(tidy)) return tidy;
  if (tidy.includes('ENCRYPTED')) throw new SshKeyError('the private key has a passphrase; store it without one');
  return fromPkcs8(parsed(tidy));
}

function tidied(text: string): string {
  const lines = text
    .replaceAll('\\r', '')
    .replaceAll('\\n', '\n')
    .split(/[\r\n]+/);
  const kept = lines.map((line) => line.trim()).filter((line) => line !== '');
  return `${kept.join('\n')}\n`;
}

function parsed(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    throw new SshKeyError('the private key cannot be read');
  }
}

function fromPkcs8(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return key.export({ type: 'pkcs1', format: 'pem' }).toString();
    case 'ec':
      return key.export({ type: 'sec1', format: 'pem' }).toString();
    case 'ed25519':
      return openSshEd25519(key);
    default:
      throw new SshKeyError('relock does not know this kind of key');
  }
}
