import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { Loaded } from '../../src/config/readEstate.js';
import { withKeySet } from '../../src/config/yamlEdit.js';
import { parseYaml } from '../../src/config/yamlSource.js';
import { runHere } from '../cli/runHere.js';
import { readText, rightLines, temporaryFolder } from './estateFile.js';

function withCopy(copy: string): string {
  return rightLines.map((line) => line.replace('"primary:itron/svc", "second:itron/svc"', copy)).join('\n');
}

function entryOf(loaded: Loaded, id: string) {
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.estate.credentials.get(id);
}

describe('a copy that lies otherwise than relock would write it', () => {
  it('names its fields, and changes the digest of what was planned', () => {
    const shaped = entryOf(
      readText(withCopy('{ ref: "primary:itron/svc", fields: { password: Password } }')),
      'itron/svc',
    );
    const plain = entryOf(readText(withCopy('"primary:itron/svc"')), 'itron/svc');
    expect(shaped?.copies).toEqual([
      { vault: 'primary', path: 'itron/svc', shape: { fields: { password: 'Password' }, text: null } },
    ]);
    expect(shaped?.descriptorDigest).not.toBe(plain?.descriptorDigest);
  });

  it.each([
    [
      '{ ref: "primary:itron/svc", fields: { passwort: x } }',
      '"passwort" is no field of a "password"; expected one of password, username',
    ],
    ['{ ref: "primary:itron/svc", fields: { password: x, username: x } }', '"x" is given for two fields'],
    ['{ ref: "primary:itron/svc", format: text }', 'a secret in this vault always has named fields'],
    ['{ ref: "primary:itron/svc", format: texts }', 'has none of the forms that are allowed here'],
    ['{ fields: { password: x } }', 'itron/svc'],
    ['{ ref: "nowhere:itron/svc" }', 'names the unknown vault "nowhere"'],
  ])('%s: says where and what', (copy, text) => {
    const loaded = readText(withCopy(copy));
    if (!('problems' in loaded)) throw new Error('it was taken');
    expect(loaded.problems.map(({ line }) => line)).toContain(10);
    expect(loaded.problems.map(({ message }) => message).join('\n')).toContain(text);
  });
});

describe('a management secret that lies otherwise', () => {
  const withSecret = (secret: string) =>
    rightLines.map((line) => line.replace('secret: "primary:mgmt/host-1"', `secret: ${secret}`)).join('\n');

  it('names its fields', () => {
    const loaded = readText(withSecret('{ ref: "primary:mgmt/host-1", fields: { password: Password } }'));
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
    expect(loaded.estate.targets.get('host-1')?.management?.secret).toEqual({
      vault: 'primary',
      path: 'mgmt/host-1',
      shape: { fields: { password: 'Password' }, text: null },
    });
  });

  it.each([
    ['{ ref: "primary:mgmt/host-1", fields: { passwort: x } }', '"passwort" is no field of a management secret'],
    ['{ ref: "primary:mgmt/host-1", format: text }', 'a secret in this vault always has named fields'],
    [
      '{ ref: "second:itron/svc", fields: { password: x } }',
      'second:itron/svc is said to lie in another way elsewhere',
    ],
  ])('%s: says what', (secret, text) => {
    const lines = withSecret(secret).replace(
      '"second:itron/svc"]',
      '{ ref: "second:itron/svc", fields: { password: y } }]',
    );
    const loaded = readText(lines);
    if (!('problems' in loaded)) throw new Error('it was taken');
    expect(loaded.problems.map(({ message }) => message).join('\n')).toContain(text);
  });
});

describe('T25 YAML merge keys', () => {
  const based = (host2: string) =>
    rightLines.map((line) =>
      line
        .replace('  host-1: { type: linux, ', '  host-1: &base { type: linux, ')
        .replace(/^ {2}host-2: \{ type: linux, .*$/, host2),
    );

  test('T25 what is merged counts, what is written beside it comes first', () => {
    const lines = based('  host-2: { <<: *base, address: "127.0.0.2:22" }');
    const loaded = readText(lines.join('\n'));
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
    expect(loaded.estate.targets.get('host-2')).toMatchObject({ type: 'linux', bound: { host: '127.0.0.2:22' } });
  });

  test('T25 a thousand targets may share one base', () => {
    const hosts = Array.from(
      { length: 1000 },
      (_, at) => `  more-${at}: { <<: *base, address: "127.0.0.3:${at + 1}" }`,
    );
    const lines = based(['  host-2: { <<: [*base], address: "127.0.0.2:22" }', ...hosts].join('\n'));
    const loaded = readText(lines.join('\n'));
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
    expect(loaded.estate.targets.get('more-999')).toMatchObject({ type: 'linux', bound: { host: '127.0.0.3:1000' } });
  });

  test('T25 an error in what is merged is where it was written', () => {
    const source = ['base: &base', '  address: 17', 'targets:', '  host:', '    <<: *base', '    type: linux'].join(
      '\n',
    );
    const parsed = parseYaml(source);
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    const lines = [['address'], ['type'], []].map((path) => parsed.source.lineOf(['targets', 'host', ...path]));
    expect(lines).toEqual([2, 6, 4]);
  });

  test.each([
    ['a: 1\nb: { <<: 5 }', 2, 'takes a map'],
    ['a: &a [1]\nb: { <<: *a }', 2, 'takes a map'],
    ['a: 1\nb: { <<: *nowhere }', 2, '*nowhere repeats nothing'],
    ['a: 1\nb: *nowhere', 2, '*nowhere repeats nothing'],
    ['a: 1\nb: &b { <<: *b }', 2, 'stands inside of what it repeats'],
    ['a: &a { x: 1 }\nb:\n  <<: *a\n  <<: *a', 4, 'duplicate key "<<"'],
  ])('T25 %j: named, with its line', (text, line, message) => {
    expect(parseYaml(text)).toEqual({ problems: [{ line, message: expect.stringContaining(message) }] });
  });

  test('T25 a few lines that repeat each other fill no memory', () => {
    const lines = Array.from(
      { length: 30 },
      (_, at) => `a${at + 1}: &a${at + 1} { y: { <<: *a${at} }, z: { <<: *a${at} } }`,
    );
    expect(parseYaml(['a0: &a0 { k: 1 }', ...lines].join('\n'))).toEqual({
      problems: [{ line: null, message: expect.stringContaining('repeat more than') }],
    });
  });

  test('T25 relock pin writes beside a merge key', () => {
    const text = 'targets:\n  a: &a { type: linux, address: x }\n  b: { <<: *a, address: y }\n';
    const pinned = text.replace('address: y', 'hostKey: "SHA256:k", address: y');
    expect(withKeySet(text, ['targets', 'b'], 'hostKey', 'SHA256:k')).toBe(pinned);
  });
});

test('T28 codec.keyFile names a file that is missing: what makes one is what is said to make one', async () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'relock.yaml'),
    [
      'vaults:',
      '  primary: { driver: openbao, address: "http://127.0.0.1:1", auth: { method: token, tokenEnv: T } }',
      'artifacts: { driver: folder, path: ./evidence }',
      'codec: { keyFile: ./ring.keys }',
    ].join('\n'),
  );
  const refused = await runHere(folder, ['dev']);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('`relock codec new-key` makes a first one there');
  expect(refused.stderr).not.toContain('`relock dev` and');
  expect((await runHere(folder, ['codec', 'new-key'])).code).toBe(0);
  expect(existsSync(join(folder, 'ring.keys'))).toBe(true);
});

test.each([
  ['age1abc', 'as `age-keygen -y` prints it'],
  [`age1${'q'.repeat(58)}`, 'its checksum is wrong'],
  ['ssh-ed25519 AAAA', 'as `age-keygen -y` prints it'],
])('T36 recipients: [%j] is named with its line, and nothing of it is repeated', async (recipient, text) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'vault.key'), 'only to be there');
  writeFileSync(
    join(folder, 'relock.yaml'),
    [
      'vaults:',
      '  local:',
      '    driver: file',
      '    path: ./vault',
      '    identityFile: ./vault.key',
      `    recipients: [${JSON.stringify(recipient)}]`,
      'artifacts: { driver: folder, path: ./evidence }',
    ].join('\n'),
  );
  const refused = await runHere(folder, ['check', '--offline']);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('relock.yaml:6');
  expect(refused.stderr).toContain(text);
  expect(refused.stderr).not.toContain(recipient);
});
