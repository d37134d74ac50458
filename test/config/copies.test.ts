import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { Loaded } from '../../src/config/readEstate.js';
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

test('T25 YAML merge keys: what is merged counts, what is written beside it comes first', () => {
  const lines = rightLines.map((line) =>
    line
      .replace('  host-1: { type: linux, ', '  host-1: &base { type: linux, ')
      .replace(/^ {2}host-2: \{ type: linux, .*$/, '  host-2: { <<: *base, address: "127.0.0.2:22" }'),
  );
  const loaded = readText(lines.join('\n'));
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  expect(loaded.estate.targets.get('host-2')).toMatchObject({ type: 'linux', bound: { host: '127.0.0.2:22' } });
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
