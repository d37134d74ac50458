import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateSshKey, parsePublicKey, type SshPublicKey } from '../../../src/secret/sshKey.js';
import { addAtEnd, addBeside, hasKey, keysOf, removeKey } from '../../../src/targets/linux/authorizedKeys.js';

function freshKey(comment: string): SshPublicKey {
  const key = parsePublicKey(generateSshKey(comment).reveal('public_key'));
  if (key === null) throw new Error('a generated key cannot be parsed');
  return key;
}

const [old, next, other] = [freshKey('old@vendor'), freshKey('new@vendor'), freshKey('somebody else')];
const line = (key: SshPublicKey) => `${key.type} ${key.blob} ${key.comment}`;
const options = ['', 'restrict ', 'from="10.0.0.0/8,!10.1.2.3",command="echo \\"a b\\" # x" ', '  no-pty\t'];

const foreignLine = fc.oneof(
  fc.constantFrom(
    '',
    '# a comment',
    '#ssh-ed25519 AAAA',
    'garbage',
    '   ',
    '\t',
    'ssh-ed25519',
    `cert-authority ${line(other)}`,
  ),
  fc.string().map((text) => text.replace(/[\n]/g, '')),
  fc.constantFrom(...options).map((lead) => lead + line(other)),
);
const fileAround = fc.record({
  before: fc.array(foreignLine, { maxLength: 6 }),
  lead: fc.constantFrom(...options),
  after: fc.array(foreignLine, { maxLength: 6 }),
  end: fc.constantFrom('', '\r'),
});

describe('authorized_keys', () => {
  it('a new key stands after the one it replaces, with its options, and everything else is as it was', () => {
    fc.assert(
      fc.property(fileAround, ({ before, lead, after, end }) => {
        const mine = `${lead}${line(old)}${end}`;
        const file = [...before, mine, ...after].join('\n');
        const both = addBeside(file, next, old.blob);
        expect(both).toBe([...before, mine, `${lead}${line(next)}${end}`, ...after].join('\n'));
        expect(removeKey(both ?? '', next.blob)).toBe(file);
        expect(removeKey(both ?? '', old.blob)).toBe([...before, `${lead}${line(next)}${end}`, ...after].join('\n'));
      }),
      { numRuns: 3000 },
    );
  });

  it('a key that two lines let in, each with options of its own: so is the new one', () => {
    const [here, there] = ['from="10.0.0.1" ', 'from="10.0.0.2",no-pty '];
    const file = `${here}${line(old)}\n${line(other)}\n${there}${line(old)}\n`;
    const both = addBeside(file, next, old.blob) ?? '';
    expect(removeKey(both, old.blob)).toBe(`${here}${line(next)}\n${line(other)}\n${there}${line(next)}\n`);
    expect(removeKey(both, next.blob)).toBe(file);
  });

  it('any text at all: what is not the key stays, and nothing throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400, unit: 'binary' }), (file) => {
        expect(removeKey(file, old.blob)).toBe(file);
        expect(addBeside(file, next, old.blob)).toBeNull();
        expect(hasKey(addAtEnd(file, next, 'restrict'), next.blob)).toBe(true);
        keysOf(file);
      }),
      { numRuns: 3000 },
    );
  });

  it('every line of the key goes, also with other options', () => {
    const file = `${line(old)}\nrestrict ${line(old)}\n${line(other)}\n`;
    expect(removeKey(file, old.blob)).toBe(`${line(other)}\n`);
    expect(keysOf(file).map((key) => key.blob)).toEqual([old.blob, other.blob]);
  });

  it('a commented line is no key, and quoted blanks end no options', () => {
    expect(hasKey(`# ${line(old)}`, old.blob)).toBe(false);
    expect(hasKey(`command="a \\" b" ${line(old)}`, old.blob)).toBe(true);
    expect(hasKey(`command="a ${line(old)}"`, old.blob)).toBe(false);
  });

  it('a key added to a file without a last line end starts a line of its own', () => {
    expect(addAtEnd(line(old), next, '')).toBe(`${line(old)}\n${line(next)}\n`);
    expect(addAtEnd('', next, 'restrict')).toBe(`restrict ${line(next)}\n`);
  });
});
