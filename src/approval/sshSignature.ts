import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import {
  ApprovalRefused,
  asciiOf,
  base64FromBytes,
  bytesFromBase64,
  bytesOf,
  WireReader,
  wireStrings,
} from './bytes.js';
import { keyType, type PublicKey, publicKeyOf } from './publicKey.js';

/** What `ssh-keygen -Y sign` writes, read but not yet believed (OpenSSH's PROTOCOL.sshsig). */
export interface SshSignature {
  readonly key: PublicKey;
  readonly namespace: string;
  readonly hash: 'sha256' | 'sha512';
  readonly reserved: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

const begin = '-----BEGIN SSH SIGNATURE-----';
const end = '-----END SSH SIGNATURE-----';
const magic = bytesOf('SSHSIG');
const hashes = { sha256, sha512 } as const;

/** No ed25519 signature is longer. */
const maxLength = 2_000;

/** Reads an armoured signature; line breaks may be missing, as they are where it was pasted into JSON. Throws `ApprovalRefused`. */
export function parseSshSignature(text: string): SshSignature {
  const trimmed = text.trim();
  if (trimmed.length > maxLength || !trimmed.startsWith(begin) || !trimmed.endsWith(end))
    throw new ApprovalRefused(`the signature is not what ssh-keygen -Y sign writes (${begin} … ${end})`);
  const bytes = bytesFromBase64(trimmed.slice(begin.length, -end.length).replace(/\s+/g, ''));
  if (bytes === null) throw unreadable();
  return parseBlob(new WireReader(bytes));
}

function parseBlob(reader: WireReader): SshSignature {
  const preamble = reader.take(magic.length);
  const isSshSig = preamble !== null && asciiOf(preamble) === 'SSHSIG' && reader.uint32() === 1;
  const wireKey = isSshSig ? reader.string() : null;
  if (wireKey === null) throw unreadable();
  const key = publicKeyOf(wireKey, base64FromBytes(wireKey));
  const namespace = asciiOf(reader.string() ?? unprintable);
  const reserved = reader.string();
  const hash = asciiOf(reader.string() ?? unprintable);
  const signature = reader.string();
  if (namespace === null || reserved === null || signature === null || !reader.isAtEnd) throw unreadable();
  if (hash !== 'sha256' && hash !== 'sha512') throw unreadable();
  return { key, namespace, hash, reserved, signature: rawSignature(signature) };
}

const unprintable = new Uint8Array(1);

function rawSignature(wire: Uint8Array): Uint8Array {
  const reader = new WireReader(wire);
  const type = asciiOf(reader.string() ?? unprintable);
  const raw = reader.string();
  if (type !== keyType || raw?.length !== 64 || !reader.isAtEnd) throw unreadable();
  return raw;
}

function unreadable(): ApprovalRefused {
  return new ApprovalRefused('the signature cannot be read: it was cut off or changed on the way');
}

/** Whether its key signed this message in its namespace. Strict RFC 8032. */
export function isSignatureOver(signature: SshSignature, message: Uint8Array): boolean {
  const { key, namespace, reserved, hash } = signature;
  const digest = hashes[hash](message);
  const rest = wireStrings(bytesOf(namespace), reserved, bytesOf(hash), digest);
  const signed = new Uint8Array(magic.length + rest.length);
  signed.set(magic);
  signed.set(rest, magic.length);
  return ed25519.verify(signature.signature, signed, key.bytes, { zip215: false });
}
