import { formatPublicKey, parsePublicKey, type SshPublicKey } from '../../secret/sshKey.js';

/**
 * `authorized_keys`, edited line by line. A file is text in which every byte is one character (latin1), so that what is
 * not touched stays byte for byte: options, comments, order, blank lines, CR, the missing end of the last line.
 */
export type KeyFile = string;

interface KeyLine {
  /** All before the key: blanks and options, with the blank after them. */
  readonly lead: string;
  readonly key: SshPublicKey;
  /** `\r` where lines end with CRLF. */
  readonly end: string;
}

/** Whether a line of the file may begin with this: else the key behind it would be read as a part of it, or another one before it. */
export function isOptions(text: string): boolean {
  const closed = text.replace(/\\"/g, '').split('"').length % 2 === 1;
  return closed && optionsLength(text) === text.length && !/\p{Cc}/u.test(text);
}

/** Where the options end: at the first blank outside double quotes. */
function optionsLength(text: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\\' && text[at + 1] === '"') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && (char === ' ' || char === '\t')) return at;
  }
  return text.length;
}

function parseLine(line: string): KeyLine | null {
  const end = line.endsWith('\r') ? '\r' : '';
  // OpenSSH reads a line up to its first NUL.
  const [body = ''] = line.slice(0, line.length - end.length).split('\0', 1);
  const indent = /^[ \t]*/.exec(body)?.[0] ?? '';
  const rest = body.slice(indent.length);
  if (rest.startsWith('#')) return null;
  const bare = parsePublicKey(rest);
  if (bare !== null) return { lead: indent, key: bare, end };
  const options = rest.slice(0, optionsLength(rest));
  const gap = /^[ \t]*/.exec(rest.slice(options.length))?.[0] ?? '';
  const key = parsePublicKey(rest.slice(options.length + gap.length));
  return key === null ? null : { lead: indent + options + gap, key, end };
}

function isKey(line: string, blob: string): boolean {
  return parseLine(line)?.key.blob === blob;
}

/** The keys of a file, in its order, each once. */
export function keysOf(file: KeyFile): readonly SshPublicKey[] {
  const keys = file.split('\n').flatMap((line) => parseLine(line)?.key ?? []);
  return [...new Map(keys.map((key) => [key.blob, key])).values()];
}

export function hasKey(file: KeyFile, blob: string): boolean {
  return file.split('\n').some((line) => isKey(line, blob));
}

/**
 * The file with a key on a line of its own after each that holds the one it is to replace, with that line's options: the
 * same key may be let in from two places by two lines. null: that one is not there.
 */
export function addBeside(file: KeyFile, key: SshPublicKey, replacing: string): KeyFile | null {
  if (!hasKey(file, replacing)) return null;
  const withNew = (line: string) => {
    const found = parseLine(line);
    return found?.key.blob === replacing ? [line, found.lead + formatPublicKey(key) + found.end] : [line];
  };
  return file.split('\n').flatMap(withNew).join('\n');
}

/** Every line that holds a key lets in from named addresses only, or has expired; at least one is there. `today`: YYYYMMDD. */
export function isShut(file: KeyFile, today: string): boolean {
  const leads = file.split('\n').flatMap((line) => parseLine(line)?.lead ?? []);
  return leads.length > 0 && leads.every((lead) => /(^|,)\s*from="/i.test(lead) || hasExpired(lead, today));
}

function hasExpired(lead: string, today: string): boolean {
  const until = /(?:^|,)\s*expiry-time="(\d{8})/i.exec(lead)?.[1];
  return until !== undefined && until < today;
}

/** The file with a key at its end. `options` as in sshd's manual; empty: none. */
export function addAtEnd(file: KeyFile, key: SshPublicKey, options: string): KeyFile {
  const separator = file === '' || file.endsWith('\n') ? '' : '\n';
  const lead = options === '' ? '' : `${options} `;
  return `${file}${separator}${lead}${formatPublicKey(key)}\n`;
}

/** The file without any line that holds this key. */
export function removeKey(file: KeyFile, blob: string): KeyFile {
  return file
    .split('\n')
    .filter((line) => !isKey(line, blob))
    .join('\n');
}
