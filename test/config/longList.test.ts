import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { readPlainItem } from '../../src/config/plainItem.js';
import { parseYaml } from '../../src/config/yamlSource.js';

/** What the YAML parser makes of one entry; null where it refuses. */
function byYaml(text: string): unknown {
  const document = parseDocument(text);
  const list: unknown = document.errors.length + document.warnings.length === 0 ? document.toJS() : null;
  return Array.isArray(list) && list.length === 1 ? list[0] : null;
}

describe('entries that are written the usual way', () => {
  it.each([
    ['a flow map', '  - { id: itron/a, copies: ["primary:a/b", primary:c/d], everyDays: 30, targets: [h-1] }\n'],
    ['a flow map over two lines', '  - { id: itron/a,\n      account: svc }\n'],
    ['a block map', "  - id: itron/a\n    account: 'svc-1'\n    targets: [h-1, h-2]\n    everyDays: 7\n"],
    [
      'a block map with lists of lines',
      '  - id: a\n    copies:\n      - primary:a/b\n      - "second:a/b"\n    owner: me\n\n  # next\n',
    ],
  ])('%s is read directly', (_, text) => {
    expect(readPlainItem(text)).toEqual(byYaml(text));
    expect(readPlainItem(text)).not.toBeNull();
  });

  it.each([
    ['a boolean', '- { a: true }'],
    ['an empty value', '- { a: }'],
    ['a key twice', '- { a: x, a: y }'],
    ['an alias', '- { a: *b }'],
    ['an escape', '- { a: "\\n" }'],
    ['two words', '- a: two words'],
    ['a fraction', '- a: 1.5'],
    ['a comment', '- a: b # why'],
    ['a line that is not deep enough', '  - { a: b,\n c: d }'],
  ])('%s is left to the YAML parser', (_, text) => {
    expect(readPlainItem(text)).toBeNull();
  });

  it('whatever is read directly, the YAML parser reads the same', () => {
    const pieces = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ', ',
        ',',
        ': ',
        ':',
        ' ',
        '\n',
        '\n    ',
        '\n      - ',
        '- ',
        '"',
        "'",
        '#',
        ' # c',
        '|',
        '>',
        '-',
      ],
      ...[
        'id',
        'a',
        'b1',
        'x/y',
        'v:p',
        'v:',
        '"q"',
        "'s'",
        '0',
        '-0',
        '007',
        '12',
        '1e3',
        '0x1',
        'true',
        'No',
        'null',
        '~',
        '__proto__',
        '\t',
        '*a',
        '&a',
        '!t',
      ],
    );
    const shaped = fc.tuple(
      fc.constantFrom('{ id: x, ', 'id: x\n    ', ''),
      fc.array(pieces, { maxLength: 14 }),
      fc.constantFrom('', ' }', '\n'),
    );
    let read = 0;
    fc.assert(
      fc.property(shaped, ([start, middle, end]) => {
        const text = `  - ${start}${middle.join('')}${end}`;
        const value = readPlainItem(text);
        if (value === null) return;
        read += 1;
        expect(value, text).toEqual(byYaml(text));
      }),
      { numRuns: 20_000 },
    );
    expect(read).toBeGreaterThan(100);
  });
});

describe('a long list of credentials', () => {
  const entry = (index: number) =>
    index % 3 === 0 ? `  - id: c${index}\n    owner: "a\\tb"\n` : `  - { id: c${index}, everyDays: ${index} }\n`;
  const entries = Array.from({ length: 1500 }, (_, index) =>
    index % 100 === 0 ? `  # ${index}\n\n${entry(index)}` : entry(index),
  );
  const text = `vaults: {}\ncredentials: \n# first\n${entries.join('')}# last\ntargets:\n  h: {}\n`;

  it('has the same values and lines as when the YAML parser reads it whole', () => {
    const parsed = parseYaml(text);
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.source.value).toEqual(parseDocument(text).toJS());
    const lines = text.split('\n');
    for (const index of [0, 1, 2, 99, 100, 1499]) {
      expect(lines[parsed.source.lineOf(['credentials', index]) - 1]).toMatch(new RegExp(`id: c${index}\\b`));
    }
    expect(lines[parsed.source.lineOf(['credentials', 900, 'owner']) - 1]).toContain('owner');
    expect(lines[parsed.source.lineOf(['targets', 'h']) - 1]).toContain('h: {}');
  });

  it.each([
    ['a mistake in an entry', text.replace('{ id: c1000,', '{ id: c1000, ]')],
    ['a key twice in an entry', text.replace('{ id: c1000,', '{ id: c1000, id: x,')],
    ['a second list of credentials', `${text}credentials: []\n`],
    ['a mistake around it', text.replace('vaults: {}', 'vaults: {')],
  ])('%s is named with its line', (_, wrong) => {
    const parsed = parseYaml(wrong);
    expect('problems' in parsed && parsed.problems.every(({ line }) => line !== null && line >= 1)).toBe(true);
  });
});
