import { type CopyProblem, type Expected, nothingThere } from '../model/copyShape.js';
import { quoted } from '../model/printable.js';
import { Secret } from '../secret/secret.js';
import { isExactNumber } from '../transport/exactJson.js';
import type { Content } from './documentStore.js';
import { restOf } from './jsonContent.js';

/**
 * What is wrong with what readers of a copy get, in relock's words. `relock check`, dry runs and rotations all ask here.
 */
export function copyProblems(path: string, content: Content | null, expected: Expected): readonly CopyProblem[] {
  if (content === null || isEmpty(content)) return absence(path, expected);
  const { needed } = expected;
  const blocking = [
    ...needed.flatMap((field) => fieldProblem(content, field)),
    ...usernameProblem(content.fields, expected),
  ];
  return [
    ...blocking.map((text) => ({ text, blocks: true })),
    ...invisibleEdges(content.fields, needed).map((text) => ({ text, blocks: false })),
  ];
}

/** KV's own addresses have these before the path; a path in relock.yaml has not. */
const kvPrefix = /^(data|metadata)\/(.+)$/;

function absence(path: string, { adopt }: Expected): readonly CopyProblem[] {
  if (adopt) return [];
  const [, prefix, rest] = kvPrefix.exec(path) ?? [];
  const kv =
    prefix === undefined
      ? ''
      : `. The path begins with "${prefix}/", which is part of KV's address and not of the path; expected "${rest}"`;
  return [{ text: `${nothingThere}${kv}`, blocks: false }];
}

function isEmpty(content: Content): boolean {
  return content.fields.fieldNames().length === 0 && Object.keys(restOf(content)).length === 0;
}

function fieldProblem(content: Content, field: string): readonly string[] {
  if (content.fields.has(field)) return content.fields.reveal(field) === '' ? [`its field "${field}" is empty`] : [];
  const rest = restOf(content);
  if (Object.hasOwn(rest, field)) return [`its field "${field}" is ${kindOf(rest[field])}; expected text`];
  const names = [...content.fields.fieldNames(), ...Object.keys(rest)];
  const similar = names.find((name) => isSimilar(name, field));
  if (similar !== undefined)
    return [
      `there is ${quoted(similar)}; expected "${field}". If that is it, say so: fields: { ${field}: ${similar} }`,
    ];
  const shown = names
    .slice(0, mostNames)
    .map((name) => quoted(name))
    .join(', ');
  return [
    `it has no field "${field}"; there is ${shown}. Correct the path, or name the field: fields: { ${field}: … }`,
  ];
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

function isSimilar(name: string, field: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return plain === field.replaceAll('_', '') || (otherNames[field] ?? []).includes(plain);
}

function usernameProblem(fields: Secret, { account, usernameDiffers }: Expected): readonly string[] {
  if (usernameDiffers || !fields.has('username') || fields.reveal('username') === account) return [];
  return [
    `its "username" is not ${quoted(account)}, the account of this credential. Correct whichever is wrong, or say that they differ: usernameDiffers: true`,
  ];
}

/** What no login sends, and no eye sees: blanks, line breaks, marks without width. */
const edges = /^[\s\p{Cf}\p{Cc}]+|[\s\p{Cf}\p{Cc}]+$/gu;

/** Fields that end or begin with something invisible; keys do, and need it. */
function invisibleEdges(fields: Secret, needed: readonly string[]): readonly string[] {
  const typed = needed.filter((field) => field !== 'private_key' && fields.has(field));
  return typed.flatMap((field) => {
    const value = fields.reveal(field);
    const found = value.match(edges)?.join('');
    if (found === undefined) return [];
    const where = value.startsWith(value.trim().charAt(0)) ? 'ends with' : 'begins with';
    return [`its field "${field}" ${where} ${nameOf(found)}, which no login sends. Store it without`];
  });
}

function nameOf(text: string): string {
  if (/[\r\n]/.test(text)) return 'a line break';
  if (text.includes('\t')) return 'a tab';
  return /^[ ]+$/.test(text) ? 'a blank' : 'an invisible character';
}

/** The same secret without what is invisible at the ends of its fields; null: nothing is. */
export function trimmed(secret: Secret, needed: readonly string[]): Secret | null {
  const typed = needed.filter((field) => field !== 'private_key' && secret.has(field));
  const changed = typed.filter((field) => secret.reveal(field).replace(edges, '') !== secret.reveal(field));
  const values = changed.map((field) => [field, secret.reveal(field).replace(edges, '')] as const);
  return values.some(([, value]) => value !== '') ? secret.with(Secret.of(Object.fromEntries(values))) : null;
}
