import { hash, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

const hidden = '[secret]';

/**
 * One version of a credential's value: named fields, each a string (UTF-8), in the shape that vaults store
 * (`username`, `password`, `private_key`, `public_key` …). It has no printable form: `String()`, `JSON.stringify`,
 * template literals, `inspect` and structured logs all give a fixed mark. `reveal` is the only way out, called right
 * where the value goes to its vault or its target.
 */
export class Secret {
  readonly #fields: ReadonlyMap<string, string>;
  /** The latest digest, and of which fields: the same few secrets are compared over and over. */
  #known: { readonly of: string; readonly digest: Buffer } | null = null;

  private constructor(fields: ReadonlyMap<string, string>) {
    this.#fields = fields;
  }

  static of(fields: Readonly<Record<string, string>>): Secret {
    return new Secret(new Map(Object.entries(fields)));
  }

  /** Names only, sorted; names are public. */
  fieldNames(): readonly string[] {
    return [...this.#fields.keys()].sort();
  }

  has(field: string): boolean {
    return this.#fields.has(field);
  }

  /** The value itself. Throws RangeError, naming the field, when it is absent. */
  reveal(field: string): string {
    const value = this.#fields.get(field);
    if (value === undefined) throw new RangeError(`secret has no field "${field}"`);
    return value;
  }

  /** All fields in clear, for a vault driver about to store them. */
  revealAll(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#fields);
  }

  /** A secret with only these fields; absent ones are left out. */
  pick(fields: readonly string[]): Secret {
    return new Secret(new Map([...this.#fields].filter(([name]) => fields.includes(name))));
  }

  /** This secret's fields, overlaid by the other's. */
  with(other: Secret): Secret {
    return new Secret(new Map([...this.#fields, ...other.#fields]));
  }

  /** Constant-time equality of the given fields; a field absent on both sides is equal. */
  equals(other: Secret, fields: readonly string[]): boolean {
    return timingSafeEqual(this.#digest(fields), other.#digest(fields));
  }

  #digest(fields: readonly string[]): Buffer {
    const names = [...fields].sort();
    const of = names.join('\n');
    if (this.#known?.of === of) return this.#known.digest;
    const picked = names.map((name) => [name, this.#fields.get(name) ?? null]);
    const digest = hash('sha256', JSON.stringify(picked), 'buffer');
    this.#known = { of, digest };
    return digest;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [Symbol.toPrimitive](): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}
