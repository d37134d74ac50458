import { Secret } from '../secret/secret.js';
import type { Content } from './documentStore.js';

/** A vault's JSON object as content: text fields apart from everything else, nothing dropped. */
export function contentFromJson(object: Readonly<Record<string, unknown>>): Content {
  const fields: Record<string, string> = {};
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    if (typeof value === 'string') fields[name] = value;
    else rest[name] = value;
  }
  const nothingElse = Object.keys(rest).length === 0;
  return { fields: Secret.of(fields), rest: nothingElse ? null : Secret.of({ json: JSON.stringify(rest) }) };
}

/** In clear: only on its way into a vault. */
export function contentToJson(content: Content): Readonly<Record<string, unknown>> {
  return { ...restOf(content), ...content.fields.revealAll() };
}

export function restOf(content: Content): Readonly<Record<string, unknown>> {
  const rest: unknown = content.rest === null ? {} : JSON.parse(content.rest.reveal('json'));
  return typeof rest === 'object' && rest !== null ? { ...rest } : {};
}
