import { open, readFile, stat } from 'node:fs/promises';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { readersOf } from './ageFile.js';

/** Encrypts to, and decrypts with, the identities of one file. */
export interface AgeKey {
  /** How many keys may read what is encrypted for everybody. */
  readonly readers: number;
  /** `self`: only the owner of the file; `everybody`: those who were named as well. */
  encrypt(text: string, reader: 'self' | 'everybody'): Promise<Uint8Array>;
  /** Throws when it is not for this key, or damaged. */
  decrypt(bytes: Uint8Array): Promise<string>;
}

/** Why an identity file cannot be used, in words that follow its name. */
export class IdentityProblem extends Error {}

const identityLine = /^AGE-SECRET-KEY-1[A-Z0-9]+$/;

/**
 * Reads a file as `age-keygen` writes it; what is encrypted, is encrypted to its first identity. `others` are public keys (`age1…`).
 * Throws `IdentityProblem`.
 */
export async function readAgeKey(file: string, others: readonly string[] = []): Promise<AgeKey> {
  const info = await stat(file).catch(() => null);
  if (info === null) throw new IdentityProblem('is not there. Make it with `relock init`, or with `age-keygen -o`');
  if ((info.mode & 0o077) !== 0) {
    throw new IdentityProblem(
      'can be read by others than its owner. Run `chmod 600` on it, and consider its secrets seen',
    );
  }
  const text = await readFile(file, 'utf8').catch(() => {
    throw new IdentityProblem('cannot be read by this user. Give it to the user that runs relock');
  });
  return keyFrom(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => identityLine.test(line)),
    others,
  );
}

async function keyFrom(identities: readonly string[], others: readonly string[]): Promise<AgeKey> {
  const [first] = identities;
  if (first === undefined) throw new IdentityProblem('holds no age identity (a line AGE-SECRET-KEY-1…)');
  const decrypter = new Decrypter();
  const own = await ownRecipient(first, identities, decrypter);
  const everybody = new Set([own, ...others]);
  const encrypters = { self: encrypterTo([own]), everybody: encrypterTo(everybody) };
  return {
    readers: everybody.size,
    encrypt: (text, reader) => encrypters[reader].encrypt(text),
    decrypt: async (bytes) => {
      if (readersOf(bytes) === null) throw new RangeError('the header has no end, or too many recipients');
      return decrypter.decrypt(bytes, 'text');
    },
  };
}

async function ownRecipient(first: string, all: readonly string[], decrypter: Decrypter): Promise<string> {
  try {
    for (const identity of all) decrypter.addIdentity(identity);
    return await identityToRecipient(first);
  } catch {
    throw new IdentityProblem('holds an age identity that is damaged: its checksum is wrong. Restore it from a backup');
  }
}

function encrypterTo(recipients: Iterable<string>): Encrypter {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encrypter;
}

/** Whether something can be encrypted to it. */
export function isRecipient(text: string): boolean {
  try {
    encrypterTo([text]);
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes a new identity file as `age-keygen` does, mode 0600, and gives its public recipient (`age1…`). Throws Node's
 * `EEXIST` when the file is there already: an identity is never overwritten.
 */
export async function createIdentity(file: string): Promise<string> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(`# public key: ${recipient}\n${identity}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return recipient;
}
