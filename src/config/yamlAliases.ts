import { type Document, isAlias, isCollection, isMap, isNode, isPair, isScalar, isSeq, type Node, visit } from 'yaml';
import { printable } from '../model/printable.js';

/** Something wrong with what an alias (`*name`) or a merge key (`<<`) repeats. */
export interface AliasProblem {
  readonly offset: number;
  readonly message: string;
}

/** Aliases of something that they stand in, or of nothing, and merge keys with something else than maps. */
export function aliasProblems(document: Document.Parsed, atMost: number): readonly AliasProblem[] {
  const problems: AliasProblem[] = [];
  const anchors = new Map<string, Node>();
  const add = (node: Node, message: string) => problems.push({ offset: node.range?.[0] ?? 0, message });
  visit(document, {
    Node(_, node, around) {
      if (problems.length >= atMost) return visit.BREAK;
      const anchor = anchorOf(node);
      if (anchor !== undefined) anchors.set(anchor, node);
      if (!isAlias(node)) return undefined;
      const name = printable(node.source);
      if (!anchors.has(node.source)) add(node, `alias *${name} repeats nothing; expected &${name} further up`);
      else if (around.some((outer) => isNode(outer) && anchorOf(outer) === node.source))
        add(node, `alias *${name} stands inside of what it repeats; expected the values themselves: write them out`);
      return undefined;
    },
    Pair(_, { key, value }) {
      if (isMergeKey(key) && isNode(value) && !isMergeable(value, anchors))
        add(value, 'a merge key (<<) takes a map, as in "<<: *base", or a list of maps; expected that');
    },
  });
  return problems;
}

function anchorOf(node: Node): string | undefined {
  return 'anchor' in node ? node.anchor : undefined;
}

/** The key `<<`, where it is one that merges. */
export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && typeof key.value === 'symbol';
}

/** What repeats nothing is a problem of its own. */
function isMergeable(value: unknown, anchors: ReadonlyMap<string, Node>): boolean {
  const isMapThere = (node: unknown) => isMap(isAlias(node) ? (anchors.get(node.source) ?? node) : node);
  const merged = isAlias(value) ? anchors.get(value.source) : value;
  return merged === undefined || isMap(merged) || (isSeq(merged) && merged.items.every(isMapThere));
}

/** What a node stands for. */
export function resolved(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/**
 * How many values there are once everything is written out that aliases and merge keys repeat: a few lines could else fill the
 * memory. Only of a document whose aliases are right.
 */
export function valuesWrittenOut(document: Document.Parsed): number {
  const sizes = new Map<string, number>();
  const sizeOf = (node: unknown): number => {
    if (isAlias(node)) return sizes.get(node.source) ?? 1;
    if (isPair(node)) return sizeOf(node.key) + sizeOf(node.value);
    const size = isCollection(node) ? node.items.reduce<number>((sum, item) => sum + sizeOf(item), 1) : 1;
    const anchor = isNode(node) ? anchorOf(node) : undefined;
    if (anchor !== undefined) sizes.set(anchor, size);
    return size;
  };
  return sizeOf(document.contents);
}
