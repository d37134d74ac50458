import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readText, rightLines, temporaryFolder } from './estateFile.js';

const right = rightLines.join('\n');
const runs = { numRuns: 300 };

/** Keys and words that lead deep into the reading, beside arbitrary ones. */
const words = fc.oneof(
  fc.constantFrom(
    'vaults',
    'targets',
    'credentials',
    'artifacts',
    'waves',
    'driver',
    'type',
    'linux',
    'openbao',
    'id',
    'kind',
  ),
  fc.constantFrom(
    'password',
    'primary:a/b',
    '__proto__',
    'constructor',
    '..',
    '<<',
    '*a',
    '&a',
    '!!binary x',
    'management',
  ),
  fc.string(),
);
const values = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, words, fc.double(), fc.boolean(), fc.constant(null), tie('list'), tie('map')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.array(fc.tuple(words, tie('value')), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)),
})).value;

describe('whatever is in relock.yaml, reading it ends in an estate or in problems', () => {
  function endsWell(text: string | Uint8Array, folder: string): void {
    const loaded = readText(text, folder);
    if ('estate' in loaded) return;
    expect(loaded.problems.length).toBeGreaterThan(0);
    for (const { line, message } of loaded.problems) {
      expect(message).not.toMatch(/[\p{Cc}]|undefined|\[object/u);
      expect(line === null || line >= 1).toBe(true);
    }
  }

  it('arbitrary structures', () => {
    const folder = temporaryFolder();
    fc.assert(
      fc.property(values, (value) => endsWell(stringify(value), folder)),
      runs,
    );
  });

  it('arbitrary bytes', () => {
    const folder = temporaryFolder();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => endsWell(bytes, folder)),
      runs,
    );
  });

  it('a right file with a piece cut out, doubled or replaced', () => {
    const folder = temporaryFolder();
    const piece = fc.tuple(
      fc.nat(right.length),
      fc.nat(40),
      fc.oneof(words, fc.constantFrom('\n', '  ', '{', '}', '"', '- ', ': ')),
    );
    const edit = ([start, length, put]: [number, number, string]) =>
      right.slice(0, start) + put + right.slice(start + length);
    fc.assert(
      fc.property(piece, (cut) => endsWell(edit(cut), folder)),
      runs,
    );
  });
});
