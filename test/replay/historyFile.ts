import { readFileSync, writeFileSync } from 'node:fs';

/** One workflow's history as a JSON file: as the client gives it, with bytes as `{ "base64": … }` and long numbers as numbers. */
export function writeHistory(file: string, history: object): void {
  writeFileSync(file, `${JSON.stringify(plain(history))}\n`);
}

export function readHistory(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'), (_, value: unknown) =>
    isBytes(value) ? Buffer.from(value.base64, 'base64') : value,
  );
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('toNumber' in value && typeof value.toNumber === 'function') return value.toNumber();
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function isBytes(value: unknown): value is { readonly base64: string } {
  return typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string';
}
