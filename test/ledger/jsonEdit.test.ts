import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withTexts } from '../../src/ledger/jsonEdit.js';

describe('T22 the text of a JSON object with other values', () => {
  test.each([
    ['{"a":"1","n":1.0}', { a: 'x' }, '{"a":"x","n":1.0}'],
    [
      '{\n\t"n" : 12345678901234567890,\n\t"a" : "1"\n}\n',
      { a: 'x' },
      '{\n\t"n" : 12345678901234567890,\n\t"a" : "x"\n}\n',
    ],
    ['{"n":"\\u00e9\\/","n":{"a":"1"},"a":"1"}', { a: 'x' }, '{"n":"\\u00e9\\/","n":{"a":"1"},"a":"x"}'],
    ['{"\\u0061":"1"}', { a: 'x' }, '{"\\u0061":"x"}'],
    ['{"a":{"a":[1,"}"]},"b":"{"}', { b: 'x' }, '{"a":{"a":[1,"}"]},"b":"x"}'],
    ['{"a":17}', { a: '"\\' }, '{"a":"\\"\\\\"}'],
    ['{"b":1e5}', { a: 'x' }, '{"a":"x","b":1e5}'],
    [' { } ', { a: 'x', b: 'y' }, ' {"a":"x","b":"y" } '],
    ['{"a":"1"}', {}, '{"a":"1"}'],
  ])('%s with %j', (text, values, edited) => {
    expect(withTexts(text, values)).toBe(edited);
  });

  test('a field that is there twice has no one place', () => {
    expect(withTexts('{"a":"1","b":2,"a":"1"}', { a: 'x' })).toBeNull();
    expect(withTexts('{"a":"1","b":2,"b":3}', { a: 'x' })).toBe('{"a":"x","b":2,"b":3}');
  });

  test('whatever else is in it: what was asked for changes, and nothing besides', () => {
    const object = fc.dictionary(fc.string({ minLength: 1, unit: 'grapheme' }), fc.jsonValue());
    const values = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ unit: 'binary' }), { maxKeys: 3 });
    const spaces = fc.constantFrom(undefined, 2, '\t');
    fc.assert(
      fc.property(object, values, spaces, (before, changes, space) => {
        const edited = withTexts(JSON.stringify(before, null, space), changes);
        expect(JSON.parse(edited ?? '')).toEqual(JSON.parse(JSON.stringify({ ...before, ...changes })));
      }),
      { numRuns: 500 },
    );
  });
});
