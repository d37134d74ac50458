import { Secret } from '../secret/secret.js';

/** What no login sends, and no eye sees: blanks, line breaks, controls, marks without width, and letters that are blank. */
const invisible = String.raw`[\s\p{Cf}\p{Cc}\u115f\u1160\u2800\u3164\uffa0]+`;
const atStart = new RegExp(`^${invisible}`, 'u');
const atEnd = new RegExp(`${invisible}$`, 'u');

/** The text without what is invisible at its ends. */
export function withoutInvisible(text: string): string {
  return text.replace(atStart, '').replace(atEnd, '');
}

/** What is invisible at the ends of a text, in words that follow its name; null: nothing is. */
export function invisibleEnds(text: string): string | null {
  if (text !== '' && withoutInvisible(text) === '') return 'holds nothing but what no eye sees';
  const start = atStart.exec(text)?.[0];
  const end = atEnd.exec(text)?.[0];
  const ends = [
    start === undefined ? null : `begins with ${nameOf(start)}`,
    end === undefined ? null : `ends with ${nameOf(end)}`,
  ].filter((words) => words !== null);
  return ends.length === 0 ? null : `${ends.join(' and ')}, which no login sends`;
}

function nameOf(text: string): string {
  if (/[\r\n]/.test(text)) return 'a line break';
  if (text.includes('\t')) return 'a tab';
  return /^ +$/.test(text) ? 'a blank' : 'an invisible character';
}

/** The same secret without what is invisible at the ends of these fields; null: nothing is. */
export function trimmed(secret: Secret, fields: readonly string[]): Secret | null {
  const changed = fields
    .filter((field) => secret.has(field))
    .map((field) => [field, withoutInvisible(secret.reveal(field))] as const)
    .filter(([field, text]) => text !== '' && text !== secret.reveal(field));
  return changed.length === 0 ? null : secret.with(Secret.of(Object.fromEntries(changed)));
}
