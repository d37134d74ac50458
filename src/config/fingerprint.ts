import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Tells one text of relock.yaml from another, and nothing of either; null: it cannot be read. 8 hex digits of its SHA-256. */
export function configFingerprint(file: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 8);
  } catch {
    return null;
  }
}
