import type { z } from 'zod';
import { printable, quoted } from '../model/printable.js';
import { didYouMean } from './nearest.js';
import type { ConfigPath, ProblemList } from './problemList.js';
import { descriptionAt, keysAt, type Shape, shapeOf } from './settingsShape.js';

type Issue = z.core.$ZodIssue;

/** The part of relock.yaml that a schema is held against. */
export interface Part {
  /** Where it stands. */
  readonly path: ConfigPath;
  /** What it is, for a sentence: `target "headend-01"`. */
  readonly title: string;
}

/** The value in the schema's own shape, or null after adding what is wrong. Values are never quoted: one may be a misplaced secret. */
export function validated<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  part: Part,
  problems: ProblemList,
): z.output<Schema> | null {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) addIssue(issue, value, shapeOf(schema), part, problems);
  return null;
}

function addIssue(issue: Issue, value: unknown, shape: Shape, part: Part, problems: ProblemList): void {
  const path = plainPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys)
      problems.add([...part.path, ...path, key], `${part.title}: ${unknownKey(key, keysAt(shape, path), path)}`);
    return;
  }
  const subject = path.length === 0 ? part.title : `${part.title}: ${quoted(path.join('.'))}`;
  const what = complaint(issue, valueAt(value, path));
  problems.add(
    [...part.path, ...path],
    `${subject} ${what}${what.includes('expected ') ? '' : expectation(shape, path)}`,
  );
}

/** `unknown key "x"; expected one of …`. */
export function unknownKey(key: string, known: readonly string[], within: ConfigPath = []): string {
  const place = within.length === 0 ? '' : ` in ${quoted(within.join('.'))}`;
  return `unknown key ${quoted(key)}${place}; expected only ${known.join(', ')}${didYouMean(key, known)}`;
}

function plainPath(path: readonly PropertyKey[]): ConfigPath {
  return path.map((step) => (typeof step === 'number' ? step : String(step)));
}

function valueAt(value: unknown, path: ConfigPath): unknown {
  let at = value;
  for (const step of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined;
  return at;
}

function complaint(issue: Issue, value: unknown): string {
  if (value === undefined) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${article(issue.expected)} and is ${article(typeName(value))}`;
    case 'too_small':
      return `is too ${sizeWord(issue.origin, 'small')}; expected at least ${String(issue.minimum)}${unitOf(issue.origin)}`;
    case 'too_big':
      return `is too ${sizeWord(issue.origin, 'big')}; expected at most ${String(issue.maximum)}${unitOf(issue.origin)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return unionComplaint(issue);
    default:
      return `is not right; ${expected(issue.message)}`;
  }
}

function unionComplaint(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  return options.length > 0 ? `must be one of ${options.join(', ')}` : 'has none of the forms that are allowed here';
}

function expected(message: string): string {
  return message.startsWith('expected') ? printable(message) : `expected ${printable(message)}`;
}

function sizeWord(origin: string, direction: 'small' | 'big'): string {
  if (origin === 'number' || origin === 'int') return direction;
  return direction === 'small' ? 'short' : 'long';
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'list',
  object: 'map',
  record: 'map',
  int: 'whole number',
  null: 'empty value',
  boolean: 'true or false',
};

function article(type: string): string {
  const word = typeWords[type] ?? type;
  if (type === 'string' || type === 'boolean') return word;
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function expectation(shape: Shape, path: ConfigPath): string {
  const description = descriptionAt(shape, path);
  return description === null ? '' : `; expected ${uncapitalised(description)}`;
}

/** Inside a sentence; names and acronyms stay as they are. */
function uncapitalised(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
