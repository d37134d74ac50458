// biome-ignore lint/style/noRestrictedImports: it gives texts here and no key object, so nothing is exported that garbage collection could meet.
import { createPrivateKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { type KeyType, keyTypes } from '../model/kinds.js';
import { readableKeyText } from './privateKeyText.js';
import { Secret } from './secret.js';
import { formatPublicKey, generateSshKey, publicKeyOf } from './sshKey.js';

const generate = promisify(generateKeyPair);

/** Of which kind a private key is; null: of none that relock makes. Throws SshKeyError. */
export function keyTypeOf(privateKey: string): KeyType | null {
  const { type } = publicKeyOf(privateKey);
  if (type === 'ssh-rsa') return modulusBits(privateKey) > 3072 ? 'rsa-4096' : 'rsa-3072';
  const curve = /^ecdsa-sha2-nistp(256|384|521)$/.exec(type)?.[1];
  const name = curve === undefined ? type.replace(/^ssh-/, '') : `ecdsa-p${curve}`;
  return keyTypes.find((known) => known === name) ?? null;
}

/** 0: it is in OpenSSH's own form, which Node does not read; such RSA keys have 3072 bits by default. */
function modulusBits(privateKey: string): number {
  const text = readableKeyText(privateKey);
  if (text.includes('OPENSSH')) return 0;
  return createPrivateKey(text).asymmetricKeyDetails?.modulusLength ?? 0;
}

/** A new pair of that kind as `private_key` and `public_key` (one line). The comment must be one line. */
export async function generateKey(type: KeyType, comment: string): Promise<Secret> {
  if (type === 'ed25519') return generateSshKey(comment);
  const { privateKey } = await pairOf(type);
  const key = publicKeyOf(privateKey, comment);
  return Secret.of({ private_key: privateKey, public_key: formatPublicKey(key) });
}

/** As text: a key object of a new pair is never exported, for that can stop Node 20 for good. */
function pairOf(type: Exclude<KeyType, 'ed25519'>): Promise<{ readonly privateKey: string }> {
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
  if (type === 'rsa-3072' || type === 'rsa-4096')
    return generate('rsa', {
      modulusLength: type === 'rsa-3072' ? 3072 : 4096,
      publicKeyEncoding,
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
  return generate('ec', {
    namedCurve: type.replace('ecdsa-p', 'P-'),
    publicKeyEncoding,
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  });
}
