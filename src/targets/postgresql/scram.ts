import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { preparedPassword } from './saslprep.js';

const derive = promisify(pbkdf2);

/** As the server's own (`scram_iterations`); what is generated has more than 100 bits of its own. */
const defaultIterations = 4096;
const saltBytes = 16;
const keyBytes = 32;

/** What the server may keep for a role: SCRAM-SHA-256 (RFC 5803), or the MD5 of before version 10. */
const storedForm = /^(?:SCRAM-SHA-256\$\d{1,9}:[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]+=*:[A-Za-z0-9+/]+=*|md5[0-9a-f]{32})$/;

/** Whether a text can be what the server keeps; it then needs no quoting in an SQL literal. */
export function isStoredForm(text: string): boolean {
  return storedForm.test(text);
}

export interface ScramKeys {
  readonly client: Buffer;
  /** What the server keeps of `client`. */
  readonly stored: Buffer;
  readonly server: Buffer;
}

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

export async function scramKeys(password: string, salt: Buffer, iterations: number): Promise<ScramKeys> {
  const salted = await derive(preparedPassword(password), salt, iterations, keyBytes, 'sha256');
  const client = hmac(salted, 'Client Key');
  return { client, stored: createHash('sha256').update(client).digest(), server: hmac(salted, 'Server Key') };
}

/** A verifier with a salt of its own, as `ALTER ROLE … PASSWORD` takes it. */
export async function scramVerifier(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const { stored, server } = await scramKeys(password, salt, defaultIterations);
  const shown = [salt, stored, server].map((bytes) => bytes.toString('base64'));
  return `SCRAM-SHA-256$${defaultIterations}:${shown[0]}$${shown[1]}:${shown[2]}`;
}
