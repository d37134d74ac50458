import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEstate } from '../../src/config/readEstate.js';
import { hasControlCharacters } from '../../src/model/printable.js';
import { readText, rightLines, temporaryFolder } from '../config/estateFile.js';
import { testRegistries } from '../config/registries.js';
import { costOf } from './hostileSsh.js';

async function problemsOf(text: string) {
  const { value, ms, megabytes } = await costOf(async () => readText(text));
  if (!('problems' in value)) throw new Error('there should be problems');
  for (const { message } of value.problems) expect(hasControlCharacters(message)).toBe(false);
  return { problems: value.problems, all: value.problems.map(({ message }) => message).join('\n'), ms, megabytes };
}

const entry = (index: number, extra = '', target = 'host-1') =>
  `  - { id: itron/acc-${index}, vendor: itron, kind: password, account: acc-${index}, targets: [${target}], copies: ["primary:itron/acc-${index}"]${extra} }`;
const long = (count: number, each: (index: number) => string) =>
  [...rightLines.slice(0, 9), ...Array.from({ length: count }, (_, index) => each(index))].join('\n');

describe('relock.yaml that is made to hurt', () => {
  it.each([
    ['a list in itself', 'targets: &a [ *a ]', 1],
    ['a map in itself', `${rightLines[0]}\n  x: &a { b: { c: *a } }`, 2],
  ])('%s is named with its line', async (_, text, line) => {
    const { problems, all } = await problemsOf(text);
    expect(all).toContain('stands inside of what it repeats');
    expect(problems[0]?.line).toBe(line);
  });

  it('20,000 entries, one of them broken: named with its line, in time', async () => {
    const { problems, all, ms } = await problemsOf(
      long(20_000, (index) => (index === 17_000 ? '  - { id: "x' : entry(index))),
    );
    expect(problems[0]?.line, all).toBe(17_010);
    expect(all).toContain('not valid YAML');
    expect(ms).toBeLessThan(30_000);
  });

  it('20,000 entries, each of them wrong: the first are named, and that there are more', async () => {
    const { problems, all, ms } = await problemsOf(long(20_000, (index) => entry(index, '', `hots-${index}`)));
    expect(problems.length).toBeLessThan(250);
    expect(problems[0]?.line).toBe(10);
    expect(all).toContain('more may be wrong than');
    expect(ms).toBeLessThan(30_000);
  });

  it.each([
    ['millions of values', `a: [${'a,'.repeat(3_000_000)}]`],
    ['millions of keys', 'a:\n'.repeat(1_500_000)],
  ])('%s are refused before they fill the memory', async (_, text) => {
    const { all, megabytes, ms } = await problemsOf(text);
    expect(all).toContain('more than 1000000 values');
    expect(megabytes).toBeLessThan(200);
    expect(ms).toBeLessThan(5_000);
  });

  it('a pipe and a device are read no further than a file', () => {
    const options = { registries: testRegistries, environment: {}, now: () => 0 };
    expect(readEstate('/dev/zero', options)).toMatchObject({
      problems: [{ message: expect.stringContaining('more than') }],
    });
    const pipe = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    execFileSync('sh', ['-c', `printf 'a: 1\\n' > '${pipe}' &`], { stdio: 'ignore' });
    expect(readEstate(pipe, options)).toMatchObject({
      problems: expect.arrayContaining([expect.objectContaining({ line: 1 })]),
    });
  });

  it.each([
    ['id: "itron/\\u0430cc"', 'not allowed'],
    ['id: "itron/a\\0b"', 'control character'],
    ['id: /itron/a', 'not allowed'],
    ['id: "itron/a\\u200b"', 'not allowed'],
    [`id: ${'a/'.repeat(60_000)}b`, 'at most 200 characters'],
  ])('%s', async (id, says) => {
    const text = rightLines.join('\n').replace('id: itron/key', id);
    const { problems, all } = await problemsOf(text);
    expect(all).toContain(says);
    expect(problems[0]?.line).toBe(11);
    expect(all.length).toBeLessThan(2_000);
  });

  it.each([
    '../up',
    'a/../b',
    '/etc/passwd',
    'relock/x',
    'relock',
    '.relock/x',
    'a/ b',
    'e\\u0301',
    'a\\u200bb',
    'a\\0b',
  ])('a copy at %s is refused at load', async (path) => {
    const { problems } = await problemsOf(rightLines.join('\n').replace('primary:itron/key', `primary:${path}`));
    expect(problems.map(({ line }) => line)).toContain(11);
  });
});
