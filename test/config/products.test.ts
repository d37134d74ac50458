import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { productRegistries } from '../../src/config/productRegistries.js';
import { type Shape, shapeOf } from '../../src/config/settingsShape.js';
import { canonicalJson } from '../../src/model/canonicalJson.js';
import { isKind } from '../../src/model/kinds.js';

const { targets, vaults, artifacts } = productRegistries;
const all: readonly (readonly [string, z.ZodType, unknown])[] = [
  ...targets.map((type) => [`target ${type.type}`, type.settings, type.example] as const),
  ...vaults.map((type) => [`vault ${type.names.join(', ')}`, type.settings, type.example] as const),
  ...artifacts.map((type) => [`artifacts ${type.name}`, type.settings, type.example] as const),
];

/** Maps that take any key: a misspelt setting there would be ignored. */
function openMaps(shape: Shape, path = ''): readonly string[] {
  const inner = [...(shape.anyOf ?? []), ...(shape.oneOf ?? [])].flatMap((each) => openMaps(each, path));
  const below = Object.entries(shape.properties ?? {}).flatMap(([key, each]) => openMaps(each, `${path}/${key}`));
  const isOpen = shape.properties !== undefined && shape.additionalProperties !== false;
  return [...(isOpen ? [path] : []), ...inner, ...below];
}

describe.each(all)('%s', (_, settings, example) => {
  it('takes its own example, and what comes out has one canonical text for the digest', () => {
    expect(canonicalJson(settings.parse(example))).toMatch(/^\{/);
  });

  it('takes no unknown key at any depth', () => {
    expect(openMaps(shapeOf(settings))).toEqual([]);
  });

  it('says what each setting is for', () => {
    const silent = Object.entries(shapeOf(settings).properties ?? {}).filter(
      ([, shape]) => shape.description === undefined,
    );
    expect(silent.map(([key]) => key)).toEqual([]);
  });
});

/** Where names are quoted, everything that can be quoted can be one. */
const quoting = ['postgresql'];
const never = ['a\nb', '', 'a\u001b[2J'];

describe.each(targets.map((type) => [type.type, type] as const))('accounts of %s targets', (name, type) => {
  it.each(quoting.includes(name) ? never : [...never, 'a:b', '-rf', 'a b'])('%j cannot be one', (account) => {
    const kinds = Object.keys(type.kinds).filter(isKind);
    expect(kinds.length).toBeGreaterThan(0);
    for (const kind of kinds) expect(type.kinds[kind]?.accountProblem(account)).toMatch(/expected/);
  });
});

it('driver lists, the JSON Schema and docs/drivers.md are what the code says', () => {
  const result = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/generate.ts', '--check'], {
    encoding: 'utf8',
  });
  expect(result.stderr).toBe('');
  expect(result.status).toBe(0);
});
