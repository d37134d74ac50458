import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml';
import { printable, quoted } from '../model/printable.js';
import { readLongList } from './longList.js';
import type { ConfigPath } from './problemList.js';
import { aliasProblems, isMergeKey, resolved, valuesWrittenOut } from './yamlAliases.js';

/** A parsed file: plain values, and where they stand. */
export interface Source {
  readonly value: unknown;
  /** 1-based line of the value at that path, or of the nearest thing around it that is there. */
  lineOf(path: ConfigPath): number;
}

export interface SourceProblem {
  readonly line: number | null;
  readonly message: string;
}

export type ParsedSource = { readonly source: Source } | { readonly problems: readonly SourceProblem[] };

/** Once everything is written out that aliases repeat. */
const maxValues = 1_000_000;

/** Of the marks that part values; the parser takes a kilobyte for each, and would end the process when it finds no more. */
const maxMarks = 1_000_000;

/** One YAML document as plain values with positions. Never throws. */
export function parseYaml(text: string): ParsedSource {
  return readLongList(text, parseWhole) ?? parseWhole(text);
}

function parseWhole(text: string): ParsedSource {
  if (hasMoreMarks(text, maxMarks)) return refused(null, tooMuch);
  const lines = new LineCounter();
  try {
    const documents = [
      ...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, merge: true }),
    ];
    const [document, second] = documents;
    if (document === undefined || isEmpty(document)) return refused(null, emptyFile);
    if (second !== undefined) return refused(lineAt(lines, second.range[0]), secondDocument);
    const problems = [
      ...syntaxProblems(document, lines),
      ...duplicateKeys(document, lines),
      ...aliasProblems(document, maxSyntaxProblems).map(({ offset, message }) => ({
        line: lineAt(lines, offset),
        message,
      })),
    ];
    if (problems.length > 0) return { problems };
    if (valuesWrittenOut(document) > maxValues) return refused(null, tooMuchRepeated);
    return { source: new YamlSource(document, lines) };
  } catch (error) {
    return refused(null, readingProblem(error));
  }
}

/** One missing bracket is reported again for each line after it. */
const maxSyntaxProblems = 5;

const tooDeep = 'it is nested too deeply to be read; expected lists and maps a few levels deep';
const tooMuch = `it has more than ${maxMarks} values in a form that is read as a whole; expected long lists of credentials with one entry a line, as "- { id: …, … }", or several smaller files`;
const tooMuchRepeated = `aliases (*name) repeat more than ${maxValues} values; expected the values themselves: write them out`;
const emptyFile =
  'the file is empty; expected at least vaults, artifacts, targets and credentials: `relock init` writes a start';
const secondDocument = 'a second YAML document starts here; expected one: remove the "---" and merge the two';

function hasMoreMarks(text: string, limit: number): boolean {
  const mark = /[\n,:[{]/g;
  let count = 0;
  while (count <= limit && mark.test(text)) count += 1;
  return count > limit;
}

function isEmpty(document: Document.Parsed): boolean {
  return document.errors.length === 0 && (document.contents === null || isBlankScalar(document.contents));
}

function isBlankScalar(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

function refused(line: number | null, message: string): ParsedSource {
  return { problems: [{ line, message }] };
}

function readingProblem(error: unknown): string {
  if (error instanceof RangeError)
    return 'it is nested too deeply to be read; expected lists and maps a few levels deep';
  return 'it cannot be read as YAML; expected maps and lists as in docs/configuration.md';
}

function syntaxProblems(document: Document.Parsed, lines: LineCounter): readonly SourceProblem[] {
  return [...document.errors, ...document.warnings].slice(0, maxSyntaxProblems).map((error) => ({
    line: lineAt(lines, error.pos[0]),
    message: error.code === 'RESOURCE_EXHAUSTION' ? tooDeep : `not valid YAML: ${printable(error.message)}`,
  }));
}

function duplicateKeys(document: Document.Parsed, lines: LineCounter): readonly SourceProblem[] {
  const problems: SourceProblem[] = [];
  visit(document, {
    Map(_, map) {
      if (problems.length >= maxSyntaxProblems) return visit.BREAK;
      const seen = new Map<string, number>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = isMergeKey(key) ? '<<' : String(key.value);
        const line = lineAt(lines, key.range?.[0] ?? 0);
        const first = seen.get(name);
        if (first === undefined) seen.set(name, line);
        else if (problems.length < maxSyntaxProblems)
          problems.push({
            line,
            message: `duplicate key ${quoted(name)}; expected it once, and it is on line ${first} already: rename or remove one`,
          });
      }
      return undefined;
    },
  });
  return problems;
}

function lineAt(lines: LineCounter, offset: number): number {
  return Math.max(1, lines.linePos(offset).line);
}

class YamlSource implements Source {
  readonly value: unknown;

  constructor(
    private readonly document: Document.Parsed,
    private readonly lines: LineCounter,
  ) {
    this.value = document.toJS({ maxAliasCount: -1 });
  }

  lineOf(path: ConfigPath): number {
    let node: unknown = this.document.contents;
    let offset = startOf(node) ?? 0;
    for (const step of path) {
      const found = child(this.document, resolved(this.document, node), step);
      if (found === null) break;
      offset = startOf(found.at) ?? offset;
      node = found.node;
    }
    return lineAt(this.lines, offset);
  }
}

interface Child {
  readonly node: unknown;
  /** The node whose line a person should look at. */
  readonly at: unknown;
}

/** What stands under a key or index. */
function child(document: Document, node: unknown, step: string | number): Child | null {
  if (isSeq(node)) {
    const item: unknown = node.items[Number(step)];
    return item === undefined ? null : { node: item, at: item };
  }
  if (!isMap(node)) return null;
  const pair: Pair | undefined = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair === undefined ? mergedChild(document, node, step) : { node: pair.value, at: pair.key };
}

/** The same of what a map gets by `<<`. */
function mergedChild(document: Document, map: YAMLMap, step: string | number): Child | null {
  const merged = map.items.filter(({ key }) => isMergeKey(key)).map(({ value }) => resolved(document, value));
  for (const source of merged.flatMap((value) => (isSeq(value) ? value.items : [value]))) {
    const found = child(document, resolved(document, source), step);
    if (found !== null) return found;
  }
  return null;
}

function startOf(node: unknown): number | null {
  return (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) && node.range ? node.range[0] : null;
}
