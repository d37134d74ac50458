import { z } from 'zod';
import type { ConfigPath } from './problemList.js';

/** The part of JSON Schema that settings are described with. */
export interface Shape {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Shape;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly allOf?: readonly Shape[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  /** Set by `readableFile`: the value names a file that must be there and readable. */
  readonly readableFile?: boolean;
}

const shapes = new WeakMap<z.ZodType, Shape>();

/** How a schema looks from outside: what a person may write. */
export function shapeOf(schema: z.ZodType): Shape {
  const known = shapes.get(schema);
  if (known !== undefined) return known;
  const shape: Shape = parsedShape(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }));
  shapes.set(schema, shape);
  return shape;
}

/** JSON Schema allows `true` in place of a schema; here it is one that says nothing. */
function parsedShape(schema: object): Shape {
  return schema;
}

/** The shapes that a value at that path may have. */
export function shapesAt(shape: Shape, path: ConfigPath): readonly Shape[] {
  const [step, ...rest] = path;
  const branches = branchesOf(shape);
  if (step === undefined) return branches;
  return branches.flatMap((branch) => below(branch, step)).flatMap((next) => shapesAt(next, rest));
}

/** The keys that a map at that path may have. */
export function keysAt(shape: Shape, path: ConfigPath): readonly string[] {
  return [...new Set(shapesAt(shape, path).flatMap((found) => Object.keys(found.properties ?? {})))];
}

/** What a value at that path is for, as its schema tells it. */
export function descriptionAt(shape: Shape, path: ConfigPath): string | null {
  return shapesAt(shape, path).find((found) => found.description !== undefined)?.description ?? null;
}

function branchesOf(shape: Shape): readonly Shape[] {
  const inner = [...(shape.anyOf ?? []), ...(shape.oneOf ?? []), ...(shape.allOf ?? [])];
  return [shape, ...inner.flatMap(branchesOf)];
}

function below(shape: Shape, step: string | number): readonly Shape[] {
  if (typeof step === 'number') return shape.items === undefined ? [] : [shape.items];
  const named = shape.properties?.[step];
  if (named !== undefined) return [named];
  return typeof shape.additionalProperties === 'object' ? [shape.additionalProperties] : [];
}

/** Every value whose schema is `readableFile`. */
export function namedFiles(shape: Shape, value: unknown, path: ConfigPath = []): readonly NamedFile[] {
  if (typeof value === 'string')
    return shapesAt(shape, path).some((at) => at.readableFile) ? [{ path, file: value }] : [];
  if (Array.isArray(value)) return value.flatMap((inner, index) => namedFiles(shape, inner, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => namedFiles(shape, inner, [...path, key]));
}

interface NamedFile {
  readonly path: ConfigPath;
  readonly file: string;
}
