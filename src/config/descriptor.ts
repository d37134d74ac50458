import { createHash } from 'node:crypto';
import { canonicalJson } from '../model/canonicalJson.js';
import type { SecretRef, TargetEntry } from './estate.js';
import { formatSecretRef } from './secretRef.js';

/** All that says which device this is and who changes it: id, type, validated settings (pins included), realm, management. */
export function targetDescriptor(target: TargetEntry, settings: unknown): string {
  const { account, secret } = target.management ?? {};
  const shape = secret?.shape === undefined ? {} : { shape: secret.shape };
  const management = secret === undefined ? null : { account, secret: formatSecretRef(secret), ...shape };
  return canonicalJson({ id: target.bound.id, type: target.type, settings, realm: target.bound.realm, management });
}

/** SHA-256 (hex) over everything that says what would be changed where. */
export function descriptorDigest(credential: {
  readonly kind: string;
  readonly account: string;
  readonly copies: readonly SecretRef[];
  /** Of `targetDescriptor`, in order. */
  readonly targets: readonly string[];
  readonly adopt: boolean;
  readonly usernameDiffers: boolean;
  readonly keyType: string | null;
}): string {
  const { kind, account, targets, adopt, usernameDiffers, keyType } = credential;
  const copies = credential.copies.map((copy) => ({ ref: formatSecretRef(copy), shape: copy.shape ?? null }));
  return createHash('sha256')
    .update(canonicalJson({ kind, account, copies, targets, adopt, usernameDiffers, keyType }))
    .digest('hex');
}
