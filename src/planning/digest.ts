import { createHash } from 'node:crypto';
import { canonicalJson } from '../model/canonicalJson.js';

export interface Canonical {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, lower-case hex. */
  readonly digest: string;
}

/** The one byte sequence that stands for a value, and its digest: whoever has the bytes can check them. */
export function canonical(value: unknown): Canonical {
  const bytes = Buffer.from(`${canonicalJson(value)}\n`);
  return { bytes, digest: createHash('sha256').update(bytes).digest('hex') };
}

/** hash(credential, plan digest or scheduled time, attempt): names one rotation for ever, and is no run id. */
export function rotationToken(credential: string, origin: string, attempt: number): string {
  return createHash('sha256')
    .update(JSON.stringify([credential, origin, attempt]))
    .digest('hex');
}
