import type { KnownSecret } from '../estate.js';

/** Fields that must not be seen anywhere, and by which two secrets are the same or not. */
const secretFields = ['password', 'private_key', 'secret_id', 'token'];
/** Fields of a credential that anybody may know. */
const publicFields = ['username', 'public_key', 'role_id', 'secret_id_accessor'];

export function secretValues({ fields }: KnownSecret): readonly string[] {
  return secretFields.flatMap((name) => fields[name] ?? []);
}

export function isSame(one: KnownSecret, other: KnownSecret): boolean {
  return secretValues(one).join('\n') === secretValues(other).join('\n');
}

/** Each value once, under the name that came first. */
export function distinct(secrets: readonly KnownSecret[]): readonly KnownSecret[] {
  return secrets.filter((secret, index) => secrets.findIndex((other) => isSame(other, secret)) === index);
}

/** What readers get beside the credential: a rotation carries it over. */
export function foreignFields({ fields }: KnownSecret): Readonly<Record<string, string>> {
  const own = new Set([...secretFields, ...publicFields]);
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !own.has(name)));
}
