import { type Document, isMap, isNode, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';

/**
 * The text with one key of a map set to a text value; every other character, comments included, stays. null where the
 * file is written in a way that this cannot be done in.
 */
export function withKeySet(text: string, mapPath: readonly string[], key: string, value: string): string | null {
  const before = parseDocument(text, { uniqueKeys: false });
  const map = before.getIn(mapPath, true);
  if (!isMap(map)) return null;
  const edited = edit(text, map, key, JSON.stringify(value));
  if (edited === null) return null;
  before.setIn([...mapPath, key], value);
  const after = parseDocument(edited);
  const isThat = after.errors.length === 0 && sameValues(valuesOf(after), valuesOf(before));
  return isThat ? edited : null;
}

function edit(text: string, map: YAMLMap, key: string, value: string): string | null {
  const present = map.items.find((pair) => nameOf(pair) === key);
  if (present !== undefined) return replaced(text, present, value);
  const next = map.items[map.items.findIndex((pair) => nameOf(pair) === 'address') + 1] ?? map.items.at(-1);
  const at = rangeOf(next?.key)?.[0];
  if (at === undefined) return null;
  const separator = map.flow === true ? ', ' : `\n${' '.repeat(columnOf(text, at))}`;
  const name = text[at] === '"' ? JSON.stringify(key) : key;
  return `${text.slice(0, at)}${name}: ${value}${separator}${text.slice(at)}`;
}

function replaced(text: string, pair: Pair, value: string): string | null {
  const range = rangeOf(pair.value) ?? null;
  if (range === null) return null;
  const [start, end] = range;
  const gap = text[start - 1] === ':' ? ' ' : '';
  return `${text.slice(0, start)}${gap}${value}${text.slice(end)}`;
}

function nameOf(pair: Pair): string | null {
  return isScalar(pair.key) ? String(pair.key.value) : null;
}

function rangeOf(node: unknown): Node['range'] | undefined {
  return isNode(node) ? (node.range ?? undefined) : undefined;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

/** However much aliases repeat: whoever read the file has looked at that. */
function valuesOf(document: Document): unknown {
  return document.toJS({ maxAliasCount: -1 });
}

/** Order of keys aside. */
function sameValues(left: unknown, right: unknown): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null)
    return Object.is(left, right);
  const keys = Object.keys(left);
  if (Array.isArray(left) !== Array.isArray(right) || keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => sameValues(Reflect.get(left, key), Reflect.get(right, key)));
}
