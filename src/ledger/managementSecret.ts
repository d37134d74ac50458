import { DriverError } from '../model/errors.js';
import { managementLogins } from '../model/kinds.js';
import { quoted } from '../model/printable.js';
import type { Secret } from '../secret/secret.js';
import { isSimilar } from './copyProblems.js';
import { invisibleEnds } from './invisible.js';

const fields = managementLogins.flat();

/** Throws `Misconfigured` where nobody can log in with what a management secret holds; `ref`: where it is. */
export function requireLogin(ref: string, secret: Secret): void {
  const isThere = (field: string) => secret.has(field) && secret.reveal(field) !== '';
  if (managementLogins.some((way) => way.every(isThere))) return;
  const message = `${ref}, a management secret, holds nothing to log in with: ${whatIsThere(secret)}. Nothing was sent; correct the secret, or its path in relock.yaml`;
  throw new DriverError({ code: 'Misconfigured', effect: 'none', driver: 'relock', subject: ref, message });
}

function whatIsThere(secret: Secret): string {
  const empty = fields.find((field) => secret.has(field) && secret.reveal(field) === '');
  if (empty !== undefined) return `its field ${quoted(empty)} is empty`;
  const near = nearest(secret.fieldNames());
  if (near !== null) {
    const [name, field] = near;
    return `there is ${quoted(name)}; expected "password" or "private_key" (if that is it, say so: secret: { ref: …, fields: { ${field}: ${quoted(name)} } })`;
  }
  const there = secret
    .fieldNames()
    .slice(0, 8)
    .map((name) => quoted(name));
  return `there is ${there.join(', ')}; expected "password" or "private_key"`;
}

/** A name, and the field that people may mean by it. */
function nearest(names: readonly string[]): readonly [string, string] | null {
  const pairs = names.flatMap((name) => fields.map((field) => [name, field] as const));
  return pairs.find(([name, field]) => isSimilar(name, field)) ?? null;
}

/** What is invisible at the ends of what is typed of a management secret. */
export function unseenInLogin(ref: string, secret: Secret): readonly string[] {
  const typed = fields.filter((field) => field !== 'private_key' && secret.has(field));
  return typed.flatMap((field) => {
    const found = invisibleEnds(secret.reveal(field));
    return found === null
      ? []
      : [`${ref}, its management secret: the field ${quoted(field)} ${found}. Store it without`];
  });
}
