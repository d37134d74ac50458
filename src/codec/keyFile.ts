import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CodecError, KeyRing, newKeyLine } from './keyRing.js';

/** What a key file is for, in words for people. */
export interface KeyFileUse {
  readonly name: string;
  /** First line of a new one. */
  readonly header: string;
  /** What everybody who could read it makes of it, and what to do. */
  readonly exposed: string;
}

const ringFile: KeyFileUse = {
  name: 'the key ring',
  header:
    '# Keys with which relock encrypts what Temporal keeps. The last one encrypts, all of them decrypt. Keep it secret.\n',
  exposed: 'nothing was encrypted with it. Correct its mode (chmod 600), then make a new key: relock codec new-key',
};

/** The key of `codec.opaqueIds`. */
export const idKeyFile: KeyFileUse = {
  name: 'the key of ids',
  header:
    '# The key with which relock makes ids of workflows that tell no name. The same for ever and everywhere. Keep it secret.\n',
  exposed:
    'nothing was touched. Correct its mode (chmod 600); whoever copied it can try out which names the ids in Temporal stand for',
};

/** Throws `CodecError`; `missing` when there is no such file. */
export function readKeyFile(file: string, use: KeyFileUse = ringFile): KeyRing | 'missing' {
  const text = textOf(file, use);
  if (text === null) return 'missing';
  // A group may be let in on purpose, such as a container's; everybody else never.
  if ((statSync(file).mode & 0o007) !== 0)
    throw new CodecError(`${use.name} ${file} can be read by every user of this machine; ${use.exposed}`);
  try {
    return new KeyRing(text);
  } catch (error) {
    if (error instanceof CodecError) throw new CodecError(`${use.name} ${file} cannot be used: ${error.message}`);
    throw error;
  }
}

function textOf(file: string, use: KeyFileUse = ringFile): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new CodecError(`${use.name} ${file} cannot be read by this user; expected a file with mode 600 of its own`);
  }
}

/** Makes a file with one key, unless there is one. True: it was made. */
export function makeKeyFile(file: string, now: number, use: KeyFileUse = ringFile): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, `${use.header}${newKeyLine(now)}\n`, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new CodecError(`${use.name} ${file} cannot be written by this user; nothing was made`);
  }
}

/** Puts a new key in front, where it only decrypts. */
export function addKey(file: string, now: number): void {
  rewrite(file, (lines) => [newKeyLine(now), ...lines]);
}

/** From now on this key encrypts. Throws `CodecError` when it is not there. */
export function useKey(file: string, name: string): void {
  const line = lineOf(file, name);
  rewrite(file, (lines) => [...lines.filter((other) => other !== line), line]);
}

/** Without this key, whatever it encrypted is not read again. Throws `CodecError` when it is not there, or encrypts. */
export function removeKey(file: string, name: string): void {
  const line = lineOf(file, name);
  const ring = readKeyFile(file);
  if (ring !== 'missing' && ring.newest === name)
    throw new CodecError(
      `"${name}" is the key that encrypts; nothing was changed. Let another one do that first: relock codec use-key`,
    );
  rewrite(file, (lines) => lines.filter((other) => other !== line));
}

function lineOf(file: string, name: string): string {
  const line = linesOf(file).find((one) => one.trim().split(/\s/)[0] === name && !one.startsWith('#'));
  if (line !== undefined) return line;
  throw new CodecError(`there is no key "${name}" in ${file}; nothing was changed. relock codec list shows its keys`);
}

function linesOf(file: string): readonly string[] {
  return (textOf(file) ?? '').split(/\r?\n/).filter((line) => line !== '');
}

/** Whoever reads it meanwhile reads all of the old one, or all of the new one. */
function rewrite(file: string, change: (lines: readonly string[]) => readonly string[]): void {
  const text = `${change(linesOf(file)).join('\n')}\n`;
  const mode = statSync(file).mode & 0o777;
  writeFileSync(`${file}.new`, text, { mode });
  renameSync(`${file}.new`, file);
}
