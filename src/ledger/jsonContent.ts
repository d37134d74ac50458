import { Secret } from '../secret/secret.js';
import { exactText, isExactNumber, parseExactly } from '../transport/exactJson.js';
import type { Content } from './documentStore.js';
import { withTexts } from './jsonEdit.js';

/** A vault's JSON object as content: text fields apart from everything else, nothing dropped. */
export function contentFromJson(object: Readonly<Record<string, unknown>>): Content {
  const all = Object.entries(object);
  const fields = all.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));
  const rest = all.filter(([, value]) => typeof value !== 'string');
  const json = rest.length === 0 ? null : exactText(Object.fromEntries(rest));
  return { fields: Secret.of(Object.fromEntries(fields)), rest: json === null ? null : Secret.of({ json }) };
}

/**
 * A value as a vault keeps it: the text of a JSON object, whose numbers keep their very digits; or, where a field is named,
 * that field's own text. null: it is no JSON object, or one that is nested too deeply to be written again.
 */
export function contentFromText(text: string, field: string | null = null): Content | null {
  if (field !== null) return { fields: Secret.of({ [field]: text }), rest: null };
  try {
    const content = contentFromValue(parseExactly(text));
    return content === null ? null : { ...content, text: Secret.of({ json: text }) };
  } catch {
    return null;
  }
}

/** The same of what was JSON. */
export function contentFromValue(value: unknown): Content | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isExactNumber(value)) return null;
  try {
    return contentFromJson({ ...value });
  } catch {
    return null;
  }
}

/** In clear: only on its way into a vault. */
export function contentToText(content: Content, field: string | null = null): string {
  if (field !== null) return content.fields.reveal(field);
  return asItStood(content) ?? exactText(contentToJson(content));
}

/** The text that it was read from, with the fields that are others now; null: more than that has changed, or it was read from none. */
function asItStood({ fields, rest, text }: Content): string | null {
  const before = text === undefined ? null : contentFromText(text.reveal('json'));
  if (text === undefined || before === null) return null;
  const isWhole = before.fields.fieldNames().every((name) => fields.has(name));
  if (!isWhole || before.rest?.reveal('json') !== rest?.reveal('json')) return null;
  const changed = fields.fieldNames().filter((name) => !fields.equals(before.fields, [name]));
  return withTexts(text.reveal('json'), fields.pick(changed).revealAll());
}

/** As `contentToText`, for a text that is part of a larger one: only `exactText` writes its numbers as they were. */
export function contentToJson(content: Content): Readonly<Record<string, unknown>> {
  return { ...restOf(content), ...content.fields.revealAll() };
}

export function restOf(content: Content): Readonly<Record<string, unknown>> {
  const rest: unknown = content.rest === null ? {} : parseExactly(content.rest.reveal('json'));
  return typeof rest === 'object' && rest !== null ? { ...rest } : {};
}
