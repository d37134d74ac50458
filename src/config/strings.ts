import { hasControlCharacters, quoted } from '../model/printable.js';
import type { ConfigPath, ProblemList } from './problemList.js';

/** Refuses control characters in every key and text: they could steer a terminal, a device's prompt or a log. */
export function addControlCharacters(value: unknown, problems: ProblemList, path: ConfigPath = []): void {
  if (typeof value === 'string' && hasControlCharacters(value)) {
    problems.add(
      path,
      `${quoted(path.join('.'), 200)} holds a control character (a line break, tab, escape or hidden mark); expected printable text on one line`,
    );
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (hasControlCharacters(key))
      problems.add(at, `key ${quoted(key)} holds a control character; expected printable text on one line`);
    addControlCharacters(inner, problems, at);
  }
}
