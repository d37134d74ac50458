import { LosslessNumber, parse, stringify } from 'lossless-json';

/** JSON whose numbers keep their digits: those that a `number` would change are `LosslessNumber`s. Else as `JSON.parse`. */
export function parseExactly(text: string): unknown {
  return parse(text, null, {
    parseNumber: (digits) => (String(Number(digits)) === digits ? Number(digits) : new LosslessNumber(digits)),
    onDuplicateKey: ({ newValue }) => newValue,
  });
}

/** The text of what `parseExactly` read. */
export function exactText(value: object): string {
  return stringify(value) ?? '{}';
}

export function isExactNumber(value: unknown): boolean {
  return typeof value === 'number' || value instanceof LosslessNumber;
}
