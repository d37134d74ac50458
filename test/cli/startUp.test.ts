import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

/** What every command line waits for, even `relock --help`: nothing of these. */
const heavy = [
  /^@temporalio\//,
  /^ssh2$/,
  /^node-vault$/,
  /^age-encryption$/,
  /^src\/(targets|vaults|artifacts|workflows)\//,
];

/** Modules that are loaded with this one; `import type` and `import()` are not. */
function loadedWith(file: string, seen = new Set<string>()): ReadonlySet<string> {
  const name = relative('.', file);
  if (seen.has(name) || !existsSync(file)) return seen;
  seen.add(name);
  for (const [, clause = '', from = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\s+([^;'"]*?from\s+)?'([^']+)'/gms,
  )) {
    if (clause.startsWith('type ')) continue;
    if (from.startsWith('.')) loadedWith(resolve(dirname(file), from.replace(/\.js$/, '.ts')), seen);
    else seen.add(from);
  }
  return seen;
}

it('starting relock loads no driver, no SSH and nothing of Temporal: actions import what they need', () => {
  const loaded = [...loadedWith('src/cli/main.ts')];
  expect(loaded).toContain('commander');
  expect(loaded).toContain('src/cli/commands/check.ts');
  expect(loaded.filter((name) => heavy.some((pattern) => pattern.test(name)))).toEqual([]);
});
