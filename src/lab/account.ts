import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** An account as a lab device starts with it. */
export interface LabAccountOptions {
  readonly name: string;
  /** Without it no password opens the account. */
  readonly password?: string;
  /** Lines of its authorized_keys. */
  readonly authorizedKeys?: readonly string[];
}

/** Days since 1970 after which nothing opens an account that expired in 1970. */
export type ExpiryDay = number | null;

/** One account of a lab device. It keeps a salted hash, never the password. */
export class LabAccount {
  readonly name: string;
  hash: string;
  locked = false;
  expires: ExpiryDay = null;
  /** What suspension found; null: not suspended. */
  suspended: { readonly locked: boolean; readonly expires: ExpiryDay } | null = null;
  /** Every byte is one character; null: there is no such file. */
  keyFile: string | null;

  constructor({ name, password, authorizedKeys }: LabAccountOptions) {
    this.name = name;
    this.hash = password === undefined ? '*' : hashOf(password);
    this.keyFile = authorizedKeys === undefined ? null : authorizedKeys.map((line) => `${line}\n`).join('');
  }

  get isOpen(): boolean {
    return this.expires === null || this.expires > Math.floor(Date.now() / dayMs);
  }

  takesPassword(password: string): boolean {
    return !this.locked && this.hasPassword(password);
  }

  hasPassword(password: string): boolean {
    const [, salt] = this.hash.split('$').slice(1);
    if (salt === undefined) return false;
    return timingSafeEqual(Buffer.from(hashOf(password, salt)), Buffer.from(this.hash));
  }

  setPassword(password: string): void {
    this.hash = hashOf(password);
  }

  /** `blob`: a public key in wire form, base64. */
  takesKey(blob: string): boolean {
    const lines = (this.keyFile ?? '').split('\n').filter((line) => !line.trimStart().startsWith('#'));
    return lines.some((line) => line.split(/\s+/).includes(blob));
  }
}

const dayMs = 24 * 60 * 60 * 1000;

/** In the shape of a line of /etc/shadow: undo puts it back as it is. */
function hashOf(password: string, salt = randomBytes(12).toString('hex')): string {
  return `$lab$${salt}$${createHash('sha256').update(`${salt}:${password}`).digest('hex')}`;
}
