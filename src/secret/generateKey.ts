// biome-ignore lint/style/noRestrictedImports: it gives texts here and no key object, so nothing is exported that garbage collection could meet.
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyType } from '../model/kinds.js';
import { kindOfType } from './keyKind.js';
import { Secret } from './secret.js';
import { formatPublicKey, generateSshKey, publicKeyOf } from './sshKey.js';

const generate = promisify(generateKeyPair);

/** How a private key is written down; `usual`: as ssh-keygen has done for longest. */
type KeyForm = 'usual' | 'pkcs8';

/** A new pair of that kind as `private_key` and `public_key` (one line). The comment must be one line. */
export async function generateKey(type: KeyType, comment: string, form: KeyForm = 'usual'): Promise<Secret> {
  const isOwn = type === 'ed25519' && form === 'usual';
  if (isOwn) return generateSshKey(comment);
  const { privateKey } = await pairOf(type, form);
  const key = publicKeyOf(privateKey, comment);
  return Secret.of({ private_key: privateKey, public_key: formatPublicKey(key) });
}

/** As text: a key object of a new pair is never exported, for that can stop Node 20 for good. */
function pairOf(type: KeyType, form: KeyForm): Promise<{ readonly privateKey: string }> {
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
  const { bits } = kindOfType(type);
  if (type === 'ed25519')
    return generate('ed25519', { publicKeyEncoding, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
  if (bits !== null)
    return generate('rsa', {
      modulusLength: bits,
      publicKeyEncoding,
      privateKeyEncoding: { type: form === 'pkcs8' ? form : 'pkcs1', format: 'pem' },
    });
  return generate('ec', {
    namedCurve: type.replace('ecdsa-p', 'P-'),
    publicKeyEncoding,
    privateKeyEncoding: { type: form === 'pkcs8' ? form : 'sec1', format: 'pem' },
  });
}
