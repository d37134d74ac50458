import { printable } from '../../model/printable.js';

/** Markup that is safe as it is; everything else is text and gets escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Content = Markup | string | number | null | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** HTML, with every value in it escaped, also for quoted attributes; what could reorder or hide text is made visible. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.map((part, index) => `${part}${textOf(values[index] ?? null)}`).join(''));
}

function textOf(value: Content): string {
  if (value === null) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(textOf).join('');
  return typeof value === 'number' ? String(value) : escaped(value);
}

function escaped(text: string): string {
  return printable(text).replace(/[&<>"'`]/g, (found) => entities[found] ?? '');
}
