import { type CopyProblem, type CopyShape, type Expected, nothingThere } from '../model/copyShape.js';
import { quoted } from '../model/printable.js';
import { SshKeyError } from '../secret/opensshKey.js';
import type { Secret } from '../secret/secret.js';
import { publicKeyOf } from '../secret/sshKey.js';
import { isExactNumber } from '../transport/exactJson.js';
import type { Content, StoredDocument } from './documentStore.js';
import { nameThere } from './fieldNames.js';
import { invisibleEnds, trimmed, withoutInvisible } from './invisible.js';
import { restOf } from './jsonContent.js';

type Fields = CopyShape['fields'];

/**
 * What is wrong with what readers of a copy get, in relock's words, by the names that its fields have there. `relock check`,
 * dry runs and rotations all ask here. `mistyped`: why the path may be another's.
 */
export function copyProblems(
  { content, gone }: Pick<StoredDocument, 'content' | 'gone'>,
  expected: Expected,
  { fields, mistyped }: { readonly fields: Fields; readonly mistyped: string | null },
): readonly CopyProblem[] {
  if (content === null || isEmpty(content)) return absence(expected, [gone, mistyped]);
  const blocking = [
    ...expected.owned.flatMap((field) => fieldProblem(content, field, expected, fields)),
    ...keyProblem(content.fields, expected, fields),
    ...usernameProblem(content.fields, expected, nameThere(fields, 'username')),
  ];
  const unseen = [...typedFields(expected), 'username'].flatMap((field) =>
    unseenProblem(content.fields, field, fields),
  );
  return [...blocking.map((text) => ({ text, blocks: true })), ...unseen.map((text) => ({ text, blocks: false }))];
}

function absence({ adopt }: Expected, hints: readonly (string | null | undefined)[]): readonly CopyProblem[] {
  if (adopt) return [];
  const said = hints.filter((hint) => hint != null);
  return [{ text: [nothingThere, ...said].join('. '), blocks: false }];
}

function isEmpty(content: Content): boolean {
  return content.fields.fieldNames().length === 0 && Object.keys(restOf(content)).length === 0;
}

function fieldProblem(content: Content, field: string, { needed }: Expected, fields: Fields): readonly string[] {
  const isNeeded = needed.includes(field);
  const there = quoted(nameThere(fields, field));
  if (content.fields.has(field))
    return isNeeded && content.fields.reveal(field) === '' ? [`its field ${there} is empty`] : [];
  const rest = restOf(content);
  if (Object.hasOwn(rest, field)) return [`its field ${there} is ${kindOf(rest[field])}; expected text`];
  return isNeeded ? [missing(content, field, fields)] : [];
}

function missing(content: Content, field: string, fields: Fields): string {
  const there = quoted(nameThere(fields, field));
  const names = [...content.fields.fieldNames(), ...Object.keys(restOf(content))].map((name) =>
    nameThere(fields, name),
  );
  const similar = names.find((name) => isSimilar(name, field));
  if (similar !== undefined) {
    const asYaml = /^[A-Za-z][\w-]*$/.test(similar) ? similar : quoted(similar);
    return `there is ${quoted(similar)}; expected ${there}. If that is it, say so: fields: { ${field}: ${asYaml} }`;
  }
  const shown = names.slice(0, mostNames).map((name) => quoted(name));
  return `it has no field ${there}; there is ${shown.join(', ')}. Correct the path, or name the field: fields: { ${field}: … }`;
}

/** A key that cannot be read looks like a refused one, and could not be taken out of a target. */
function keyProblem(secret: Secret, { needed }: Expected, fields: Fields): readonly string[] {
  const field = 'private_key';
  if (!needed.includes(field) || !secret.has(field) || secret.reveal(field) === '') return [];
  try {
    publicKeyOf(secret.reveal(field));
    return [];
  } catch (error) {
    if (error instanceof SshKeyError) return [`its field ${quoted(nameThere(fields, field))}: ${error.message}`];
    throw error;
  }
}

const mostNames = 8;

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return 'true or false';
  return isExactNumber(value) ? 'a number' : 'an object';
}

/** What people and other tools call these fields. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  password: ['pass', 'passwd', 'pwd', 'secret', 'value', 'passphrase', 'userpassword', 'dbpassword'],
  private_key: ['sshprivatekey', 'key', 'sshkey', 'idrsa', 'ided25519', 'privatekeypem', 'pem', 'secret', 'value'],
  role_id: ['role', 'roleid'],
  secret_id: ['secret', 'secretid'],
};

/** Whether people or other tools may mean that field by the name. */
export function isSimilar(name: string, field: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return plain === field.replaceAll('_', '') || (otherNames[field] ?? []).includes(plain);
}

function usernameProblem(fields: Secret, { account, usernameDiffers }: Expected, there: string): readonly string[] {
  if (usernameDiffers || !fields.has('username')) return [];
  if (withoutInvisible(fields.reveal('username')) === account) return [];
  return [
    `its ${quoted(there)} is not ${quoted(account)}, the account of this credential. Correct whichever is wrong, or say that they differ: usernameDiffers: true`,
  ];
}

/** Keys end with a line break, and need it. */
function typedFields({ needed }: Expected): readonly string[] {
  return needed.filter((field) => field !== 'private_key');
}

function unseenProblem(secret: Secret, field: string, fields: Fields): readonly string[] {
  const found = secret.has(field) ? invisibleEnds(secret.reveal(field)) : null;
  return found === null ? [] : [`its field ${quoted(nameThere(fields, field))} ${found}. Store it without`];
}

/** What somebody typed, without what no login sends; null: it is like that already. */
export function typedWithout(secret: Secret, expected: Expected): Secret | null {
  return trimmed(secret, typedFields(expected));
}
