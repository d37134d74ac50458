import type { Payload } from '@temporalio/common';

/** Names the format: a payload of another version is not ours. */
export const sealedEncoding = 'binary/relock-aes-256-gcm-v1';

export function isSealed({ metadata }: Payload): boolean {
  return metadata?.encoding !== undefined && Buffer.from(metadata.encoding).toString('latin1') === sealedEncoding;
}

/** The key that it says it was encrypted with; whoever wrote it may have lied. */
export function keyNameOf({ metadata }: Payload): string {
  return Buffer.from(metadata?.['encryption-key-id'] ?? [])
    .toString('latin1')
    .slice(0, 64);
}

/** Keys of all that is encrypted anywhere below. */
export function keyNamesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  if (isPayload(value)) return isSealed(value) ? [keyNameOf(value)] : [];
  return Object.values(value).flatMap(keyNamesIn);
}

function isPayload(value: object): value is Payload {
  return 'metadata' in value && 'data' in value && value.data instanceof Uint8Array;
}

/** A key's name as it may be shown: it comes from whoever could write to Temporal. */
export function printableKey(name: string): string {
  return /^[A-Za-z0-9._-]{1,64}$/.test(name) ? name : 'of an unreadable name';
}
