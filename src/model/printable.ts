// Controls (C0, DEL, C1), lone surrogates, line and paragraph separators, and the marks that reorder text on a screen.
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Whether the text holds a control character, or one that makes a screen show something else than what is there. */
export function hasControlCharacters(text: string): boolean {
  return text.search(unprintable) >= 0;
}

/** Text from outside, fit for a terminal or a log line: what could steer either becomes a visible `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(unprintable, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Text from outside inside a sentence: quoted, printable, and cut where it gets long. */
export function quoted(text: string, maxLength = 80): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return `"${printable(cut)}"`;
}
