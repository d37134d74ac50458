import { appendFileSync, renameSync, statSync } from 'node:fs';

/** Who had what decrypted, and when. Never what it said. */
export interface Decoding {
  /** Of the page that asked; null: it was no page. */
  readonly origin: string | null;
  /** As whoever asked named it; null: it did not. */
  readonly namespace: string | null;
  readonly payloads: number;
  /** Names of the keys that they were encrypted with. */
  readonly keys: readonly string[];
}

/** Writes it down, or throws: then nothing is decrypted. */
export type WriteDecoding = (decoding: Decoding) => void;

const defaultMaxBytes = 8 * 1024 * 1024;

/** JSON lines in a file of its owner's. A full one becomes `<file>.1`, in place of the one before. */
export function decodeLog(file: string, now: () => number, maxBytes = defaultMaxBytes): WriteDecoding {
  return (decoding) => {
    const line = `${JSON.stringify({ at: new Date(now()).toISOString(), ...decoding })}\n`;
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > 0 && size + line.length > maxBytes) renameSync(file, `${file}.1`);
    appendFileSync(file, line, { mode: 0o600 });
  };
}
