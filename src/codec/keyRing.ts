import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

/** Something is wrong with a key, or with what it should open. The message is for a person, and holds no key. */
export class CodecError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CodecError';
  }
}

const keyBytes = 32;
const linePattern = /^([A-Za-z0-9._-]{1,64})\s+([A-Za-z0-9+/]{43}=)$/;

/** Keys by name. The last of the file encrypts, all of them decrypt. */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  /** Name of the key that encrypts. */
  readonly newest: string;

  /** Throws `CodecError`. */
  constructor(text: string) {
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    const entries = lines.flatMap((line, index) =>
      line === '' || line.startsWith('#') ? [] : [entryOf(line, index + 1)],
    );
    this.#keys = new Map(entries);
    if (this.#keys.size < entries.length) throw new CodecError('two keys have the same name');
    const last = entries.at(-1);
    if (last === undefined) throw new CodecError('there is no key in it');
    this.newest = last[0];
  }

  get(name: string): KeyObject | null {
    return this.#keys.get(name) ?? null;
  }

  get names(): readonly string[] {
    return [...this.#keys.keys()];
  }
}

function entryOf(line: string, number: number): [string, KeyObject] {
  const [, name, encoded] = linePattern.exec(line) ?? [];
  if (name === undefined || encoded === undefined)
    throw new CodecError(`line ${number} is not a key: expected its name and ${keyBytes} bytes in base64`);
  return [name, createSecretKey(encoded, 'base64')];
}

/** A line of a key ring with a fresh key; its name says when it was made. */
export function newKeyLine(now: number): string {
  const name = `${new Date(now).toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  return `${name} ${randomBytes(keyBytes).toString('base64')}`;
}
