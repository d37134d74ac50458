import { randomBytes } from 'node:crypto';

/**
 * What a script prints once it has checked all it can without changing anything, followed by letters that only this run has: what
 * else is printed at a login may look like anything.
 */
const readyMark = 'relock-ready-';

/** Shell text that prints the mark. As a whole it stands in no command, which a shell may print as well. */
export const printReady = `echo "${readyMark}$RELOCK_RUN $*"`;

/** As one word of `sh`. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const escapes = [
  ['\\', '\\0134'],
  ["'", '\\0047'],
  ['!', '\\0041'],
  ['\r', '\\r'],
  ['\n', '\\n'],
] as const;

/** The same script without indents and comments: dropbear ends a connection whose command is longer than 9,000 bytes. */
export function packed(script: string): string {
  return script.replace(/^[ \t]+/gm, '').replace(/^#.*\n/gm, '');
}

/**
 * A word in single quotes that every login shell leaves as it is: csh takes no line break and no exclamation mark there, fish no
 * backslash before a quote. `printf %b` of any `sh` makes the text of it again.
 */
function plainWord(text: string): string {
  return `'${escapes.reduce((word, [character, code]) => word.replaceAll(character, code), text)}'`;
}

export interface ShellCommand {
  readonly text: string;
  /** Printed by this run only. */
  readonly mark: string;
}

/** A script for `/bin/sh` with its arguments, as a command for whatever shell the account logs in to. */
export function shellCommand(script: string, args: readonly string[]): ShellCommand {
  const run = randomBytes(8).toString('hex');
  const whole = `RELOCK_RUN=${run}; export RELOCK_RUN\nset -- ${args.map(quoted).join(' ')}\n${script}`;
  return { text: `sh -c 'eval "$(printf %b "$1")"' relock ${plainWord(whole)}`, mark: readyMark + run };
}

/** What `shellCommand` was given; null: the text is none of its commands. */
export function readShellCommand(
  text: string,
): { readonly script: string; readonly args: readonly string[]; readonly mark: string } | null {
  const [, word] = /^sh -c 'eval "\$\(printf %b "\$1"\)"' relock '([^']*)'$/.exec(text) ?? [];
  const whole = word?.replace(/\\(?:0([0-7]{3})|([nr]))/g, (_, octal, letter) =>
    letter === undefined ? String.fromCharCode(Number.parseInt(octal, 8)) : letter === 'n' ? '\n' : '\r',
  );
  const parts = /^RELOCK_RUN=(\w+); export RELOCK_RUN\nset -- ((?:'[^']*'|\\'| )*)\n([\s\S]*)$/.exec(whole ?? '');
  if (parts === null) return null;
  const [, run = '', quotedArgs = '', script = ''] = parts;
  const args = quotedArgs.match(/(?:'[^']*'|\\')+/g) ?? [];
  return { script, args: args.map(unquoted), mark: readyMark + run };
}

function unquoted(word: string): string {
  return word.replace(/'([^']*)'|\\(')/g, (_all, inside, escaped) => inside ?? escaped);
}
