import { type CredentialKind, type KeyType, keyTypes } from '../model/kinds.js';
import { SshKeyError } from './opensshKey.js';
import type { Secret } from './secret.js';
import { publicKeyOf, type SshPublicKey } from './sshKey.js';
import { SshReader } from './sshWire.js';

/** What servers and clients look at before they take a key. */
export interface KeyKind {
  /** As the key itself says it: `ssh-rsa`, `ecdsa-sha2-nistp256`. */
  readonly algorithm: string;
  /** Of an RSA key; else null. */
  readonly bits: number | null;
}

export function kindOfKey({ type, blob }: SshPublicKey): KeyKind {
  return { algorithm: type, bits: type === 'ssh-rsa' ? modulusBits(blob) : null };
}

function modulusBits(blob: string): number {
  const reader = new SshReader(Buffer.from(blob, 'base64'));
  reader.string();
  reader.string();
  return BigInt(`0x${reader.string().toString('hex')}`).toString(2).length;
}

export function kindOfType(type: KeyType): KeyKind {
  if (type === 'ed25519') return { algorithm: 'ssh-ed25519', bits: null };
  const [family, size = ''] = type.split('-');
  return family === 'rsa'
    ? { algorithm: 'ssh-rsa', bits: Number(size) }
    : { algorithm: `ecdsa-sha2-nist${size}`, bits: null };
}

/** As `keyType` calls them: `ed25519`, `ecdsa-p256`, `rsa-2048`. */
export function nameOfKind({ algorithm, bits }: KeyKind): string {
  if (bits !== null) return `rsa-${bits}`;
  return algorithm.replace(/^ssh-/, '').replace(/^ecdsa-sha2-nist/, 'ecdsa-');
}

/** Of which kind a key is made that replaces one of that kind: the same; RSA of at least 3072 bits and at most 4096. */
function successorOf(kind: KeyKind): KeyType {
  if (kind.bits !== null) return kind.bits > 3072 ? 'rsa-4096' : 'rsa-3072';
  return keyTypes.find((type) => type === nameOfKind(kind)) ?? 'ed25519';
}

/** What a rotation makes, where `keyType` says so or does not, and where a key is known or not. Throws SshKeyError. */
export function nextKeyType(keyType: KeyType | null, present: Secret | null): KeyType {
  if (keyType !== null) return keyType;
  return present === null ? 'ed25519' : successorOf(kindOfKey(publicKeyOf(present.reveal('private_key'))));
}

interface Wanted {
  readonly kind: CredentialKind;
  readonly keyType: KeyType | null;
}

/** Which kind of key a rotation would make; null: none, or the present one cannot be read, which the copy's own check says. */
export function foreseenKeyType({ kind, keyType }: Wanted, present: Secret | null): KeyType | null {
  if (kind !== 'ssh-key' || (present !== null && publicKeyIn(present) === null)) return null;
  return nextKeyType(keyType, present);
}

/** Old and new kind, where a rotation makes another kind than the present one, for people; null: it keeps the kind. */
export function kindChange(wanted: Wanted, present: Secret): string | null {
  const next = foreseenKeyType(wanted, present);
  const key = publicKeyIn(present);
  if (next === null || key === null) return null;
  const [old, made] = [kindOfKey(key), kindOfType(next)];
  const isShorter = old.bits !== null && made.bits !== null && made.bits < old.bits;
  if (old.algorithm === made.algorithm && !isShorter) return null;
  return `its present key is ${nameOfKind(old)}, and a rotation makes ${next}. Whoever uses it must be able to read that; keyType says which kind is made`;
}

/** The public half of the key in a secret; null: it holds none that can be read. */
export function publicKeyIn(secret: Secret): SshPublicKey | null {
  try {
    return secret.has('private_key') ? publicKeyOf(secret.reveal('private_key')) : null;
  } catch (error) {
    if (error instanceof SshKeyError) return null;
    throw error;
  }
}
