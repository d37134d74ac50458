import { Secret } from '../secret/secret.js';
import type { Content } from './documentStore.js';
import { restOf } from './jsonContent.js';

const empty: Content = { fields: Secret.of({}), rest: null };

/** What readers get, when it has at least one owned field; else null: there is no value of ours. */
export function ownedValue(content: Content | null, ownedFields: readonly string[]): Secret | null {
  if (content === null || !ownedFields.some((field) => content.fields.has(field))) return null;
  return content.fields;
}

/** The first owned field that is there but is not text. */
export function fieldThatIsNotText(content: Content | null, ownedFields: readonly string[]): string | null {
  if (content === null) return null;
  const rest = restOf(content);
  return ownedFields.find((field) => Object.hasOwn(rest, field)) ?? null;
}

/** The same content with the owned fields of that value, no others of it, and every foreign field as it was. */
export function withOwned(content: Content | null, value: Secret, ownedFields: readonly string[]): Content {
  const { fields, ...others } = content ?? empty;
  const foreign = fields.fieldNames().filter((field) => !ownedFields.includes(field));
  return { ...others, fields: fields.pick(foreign).with(value.pick(ownedFields)) };
}
