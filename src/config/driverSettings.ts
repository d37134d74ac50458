import type { z } from 'zod';
import { type Part, unknownKey, validated } from './issues.js';
import type { Loading } from './loading.js';
import { readabilityProblem } from './readableFiles.js';
import { keysAt, namedFiles, shapeOf } from './settingsShape.js';

/**
 * What a driver gets of its entry: the entry without relock's own keys (`frame`), held against the driver's schema.
 * null after adding what is wrong.
 */
export function driverSettings<Schema extends z.ZodType>(
  schema: Schema,
  entry: Readonly<Record<string, unknown>>,
  frame: readonly string[],
  part: Part,
  loading: Loading,
): { readonly settings: z.output<Schema> } | null {
  const own = keysAt(shapeOf(schema), []);
  const given = Object.entries(entry).filter(([key]) => !frame.includes(key));
  const unknown = given.filter(([key]) => !own.includes(key)).map(([key]) => key);
  for (const key of unknown) {
    loading.problems.add([...part.path, key], `${part.title}: ${unknownKey(key, [...frame, ...own])}`);
  }
  const value = Object.fromEntries(given.filter(([key]) => own.includes(key)));
  const settings = validated(schema, value, part, loading.problems);
  if (settings === null) return null;
  const filesAreThere = requireFiles(schema, value, part, loading);
  return unknown.length === 0 && filesAreThere ? { settings } : null;
}

function requireFiles(schema: z.ZodType, value: unknown, part: Part, loading: Loading): boolean {
  let all = true;
  for (const { path, file } of namedFiles(shapeOf(schema), value)) {
    const problem = readabilityProblem(loading.environment.baseDirectory, file);
    if (problem === null) continue;
    all = false;
    loading.problems.add([...part.path, ...path], `${part.title}: "${path.join('.')}" ${problem}`);
  }
  return all;
}
