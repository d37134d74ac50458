import ts from 'typescript';
import { expect, it } from 'vitest';
import { sourceFiles } from './sources.js';

interface Sized {
  readonly name: string;
  readonly lines: number;
}

const files = sourceFiles();
const fileSizes = files.map(({ path, tree }) => ({
  name: path,
  lines: tree.getLineAndCharacterOfPosition(tree.end).line,
}));
const functionSizes = files.flatMap(({ path, tree }) => functionsOf(path, tree));

it('functions are short: median under 10 lines, nine of ten under 30, none over 80', () => {
  expect(functionSizes.length).toBeGreaterThan(50);
  expect(quantile(functionSizes, 0.5)).toBeLessThan(10);
  expect(quantile(functionSizes, 0.9)).toBeLessThan(30);
  expect(functionSizes.filter(({ lines }) => lines > 80)).toEqual([]);
});

it('nine of ten files are under 300 lines', () => {
  expect(quantile(fileSizes, 0.9)).toBeLessThan(300);
});

/** Functions, methods and accessors, and function values with a block; one-line arrows would only flatter the median. */
function functionsOf(path: string, tree: ts.SourceFile): Sized[] {
  const found: Sized[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined && isBlock(node.body)) {
      const first = tree.getLineAndCharacterOfPosition(node.getStart()).line;
      const last = tree.getLineAndCharacterOfPosition(node.end).line;
      found.push({ name: `${path}:${first + 1}`, lines: last - first + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function isBlock(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'kind' in body && body.kind === ts.SyntaxKind.Block;
}

function quantile(sizes: readonly Sized[], share: number): number {
  const lines = sizes.map((one) => one.lines).sort((a, b) => a - b);
  return lines[Math.min(lines.length - 1, Math.floor(lines.length * share))] ?? 0;
}
