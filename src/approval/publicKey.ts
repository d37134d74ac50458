import { ApprovalRefused, asciiOf, bytesFromBase64, bytesOf, WireReader } from './bytes.js';

export const keyType = 'ssh-ed25519';

/** An ed25519 public key; two keys are the same when their `blob` is. */
export interface PublicKey {
  /** The wire form in base64, as in a `.pub` file. */
  readonly blob: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/** Reads the wire form of a key. Throws `ApprovalRefused` for every kind but plain ed25519. */
export function publicKeyOf(wire: Uint8Array, blob: string): PublicKey {
  const reader = new WireReader(wire);
  const type = asciiOf(reader.string() ?? bytesOf('\0'));
  if (type === null) throw new ApprovalRefused('the key cannot be read');
  if (type !== keyType) throw new ApprovalRefused(wrongType(type));
  const bytes = reader.string();
  if (bytes?.length !== 32 || !reader.isAtEnd) throw new ApprovalRefused('the ed25519 key cannot be read');
  return { blob, bytes };
}

export function publicKeyFromBase64(blob: string): PublicKey {
  const wire = bytesFromBase64(blob);
  if (wire === null) throw new ApprovalRefused('the key is not base64');
  return publicKeyOf(wire, blob);
}

/** Why a key of this type cannot approve. */
export function wrongType(type: string): string {
  if (type.startsWith('sk-')) return 'a security key (sk-…) cannot be used: only plain ed25519 keys can';
  const named = /^[a-z0-9@.-]{1,64}$/.test(type) ? `"${type}"` : 'of this type';
  return `a key ${named} cannot be used: only ed25519 keys can (ssh-keygen -t ed25519)`;
}
