import { readPlainItem } from './plainItem.js';
import type { ConfigPath } from './problemList.js';
import type { ParsedSource, Source } from './yamlSource.js';

/** Below this, reading all of it with the YAML parser is quick enough. */
const longFrom = 1000;

interface Item {
  readonly text: string;
  /** 1-based, of its first line in the file. */
  readonly line: number;
}

/**
 * A file with a long list of credentials: the YAML parser takes ten seconds and gigabytes for 100,000, so the list is cut
 * at its dashes, and entries that are written the usual way are read directly. null: it is not that long, or
 * something in it is not that usual, and the YAML parser must read (and judge) the whole.
 */
export function readLongList(text: string, parse: (text: string) => ParsedSource): ParsedSource | null {
  const cut = cutList(text);
  if (cut === null) return null;
  const rest = parse(cut.rest);
  if ('problems' in rest || typeof rest.source.value !== 'object') return null;
  const credentials: unknown[] = [];
  for (const item of cut.items) {
    const plain = readPlainItem(item.text);
    const value = plain ?? readItem(item, parse)?.value;
    if (value === undefined) return brokenItem(item, parse);
    credentials.push(value);
  }
  const value = { ...rest.source.value, credentials };
  return { source: { value, lineOf: (path) => lineIn(path, cut.items, rest.source, parse) } };
}

function lineIn(path: ConfigPath, items: readonly Item[], rest: Source, parse: (text: string) => ParsedSource): number {
  const [list, index, ...below] = path;
  const item = list === 'credentials' ? items[Number(index ?? Number.NaN)] : undefined;
  if (item === undefined) return rest.lineOf(path);
  if (below.length === 0) return item.line;
  return item.line - 1 + (readItem(item, parse)?.lineOf(below) ?? 1);
}

/** What is wrong with an entry by itself; null: it may be right together with the others, by an alias. */
function brokenItem(item: Item, parse: (text: string) => ParsedSource): ParsedSource | null {
  const parsed = /[&*]/.test(item.text) ? null : parse(item.text.trimEnd());
  if (parsed === null || !('problems' in parsed)) return null;
  return { problems: parsed.problems.map(({ line, message }) => ({ line: item.line - 1 + (line ?? 1), message })) };
}

/** One entry by the YAML parser, as a source of its own. */
function readItem(item: Item, parse: (text: string) => ParsedSource): Source | null {
  const parsed = parse(item.text);
  if ('problems' in parsed || !Array.isArray(parsed.source.value) || parsed.source.value.length !== 1) return null;
  const { value, lineOf } = { value: parsed.source.value[0], lineOf: parsed.source.lineOf.bind(parsed.source) };
  return { value, lineOf: (path) => lineOf([0, ...path]) };
}

/** The file without its list of credentials, every other line where it was, and the list's entries. */
function cutList(text: string): { readonly rest: string; readonly items: readonly Item[] } | null {
  const head = /^credentials: *\n(?=(?: *(?:#[^\n]*)?\n)*( +)- )/m.exec(text);
  if (head === null) return null;
  const start = head.index + head[0].length;
  const end = endOfBlock(text, start);
  const items = cutItems(text.slice(start, end), lineAt(text, start), head[1]?.length ?? 0);
  if (items === null || items.length < longFrom) return null;
  const blankLines = '\n'.repeat(countLines(text.slice(start, end)));
  return { rest: `${text.slice(0, head.index)}credentials: []\n${blankLines}${text.slice(end)}`, items };
}

/** Where the next line starts that is neither blank, nor indented, nor a comment. */
function endOfBlock(text: string, start: number): number {
  const outside = /^[^ #\n]/gm;
  outside.lastIndex = start;
  return outside.exec(text)?.index ?? text.length;
}

/** null: the list does not start with an entry. */
function cutItems(block: string, firstLine: number, dashColumn: number): readonly Item[] | null {
  const items: Item[] = [];
  const dashes = new RegExp(`^ {${dashColumn}}- `, 'gm');
  const starts = [...block.matchAll(dashes)].map(({ index }) => index);
  if (/\S/.test(block.slice(0, starts[0]).replace(/#[^\n]*/g, ''))) return null;
  let line = firstLine + countLines(block.slice(0, starts[0]));
  for (const [position, start] of starts.entries()) {
    const text = block.slice(start, starts[position + 1]);
    items.push({ text, line });
    line += countLines(text);
  }
  return items;
}

function lineAt(text: string, offset: number): number {
  return 1 + countLines(text.slice(0, offset));
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
