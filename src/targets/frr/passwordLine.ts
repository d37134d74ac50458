import { randomInt } from 'node:crypto';
import { desCrypt, saltAlphabet } from './desCrypt.js';

/** The VTY password as a configuration holds it: one line for each different value that its daemons have. */
export type PasswordLine = { readonly kind: 'hashed'; readonly hash: string } | { readonly kind: 'clear' };

const hashLength = 13;

/** Top-level `password` lines of a configuration, or of a part of it. */
export function passwordLines(config: string): readonly PasswordLine[] {
  return [...config.matchAll(/^password (8 )?(\S+)[ \r]*$/gm)].map(([, mark, value = '']) =>
    mark !== undefined && value.length === hashLength ? { kind: 'hashed', hash: value } : { kind: 'clear' },
  );
}

/** Salts begin behind the two punctuation marks, which the router might take amiss. */
export function hashOf(password: string): string {
  const character = () => saltAlphabet.charAt(randomInt(2, saltAlphabet.length));
  return desCrypt(password, character() + character());
}

export function isHashOf(hash: string, password: string): boolean {
  return desCrypt(password, hash) === hash;
}

/** There is a password, and every daemon has one with this hash. */
export function allAre(lines: readonly PasswordLine[], fits: (hash: string) => boolean): boolean {
  return lines.length > 0 && lines.every((line) => line.kind === 'hashed' && fits(line.hash));
}
