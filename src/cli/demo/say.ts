import type { Output } from '../output.js';

/** Tells the story: on stdout for people, beside the answer for machines. */
export type Say = (lines: readonly string[]) => void;

export function sayTo(out: Output): Say {
  return (lines) => (out.json ? out.note(lines.join('\n')) : out.result(null, lines));
}
