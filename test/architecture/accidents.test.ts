import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

/** The accidents that the design must survive are H1 to H35; each is told, and held, by tests that bear its name. */
const accidents = Array.from({ length: 35 }, (_, index) => `H${index + 1}`);

it('every accident has a test that bears its name', () => {
  const told = new Set(testTitles().flatMap((title) => title.match(/\bH\d+\b/g) ?? []));
  expect(accidents.filter((accident) => !told.has(accident))).toEqual([]);
});

function testTitles(): string[] {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return files.flatMap((name) => {
    const tree = ts.createSourceFile(name, readFileSync(join(folder, name), 'utf8'), ts.ScriptTarget.ES2023, true);
    return titlesIn(tree);
  });
}

/** First arguments of `test(…)`, `it(…)` and of what is chained to them; not of what is skipped. */
function titlesIn(tree: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const title = ts.isCallExpression(node) && isTest(node.expression.getText(tree)) ? node.arguments[0] : undefined;
    if (title !== undefined) found.push(title.getText(tree));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function isTest(called: string): boolean {
  return /^(test|it)\b/.test(called) && !/\.(skip|todo|fails)\b/.test(called);
}
