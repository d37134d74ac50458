import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEstate } from '../../src/config/readEstate.js';
import { pin, readText, rightLines, temporaryFolder } from './estateFile.js';
import { testRegistries } from './registries.js';

/** One thing wrong with the right estate: text on that line is replaced, or lines are appended. */
interface Case {
  readonly name: string;
  readonly line: number;
  readonly replace?: readonly [string, string];
  readonly append?: readonly string[];
  /** All of these are in the message. */
  readonly says: readonly (string | RegExp)[];
  /** Where the problem is, when that is not the changed line. */
  readonly at?: number;
}

const extra = 13;

const cases: readonly Case[] = [
  {
    name: 'unknown vault driver',
    line: 2,
    replace: ['openbao', 'openbo'],
    says: ['unknown driver "openbo"', 'expected one of openbao, vault, file', 'did you mean "openbao"?'],
  },
  {
    name: 'unknown target type',
    line: 6,
    replace: ['linux', 'linus'],
    says: ['target "host-1"', 'unknown driver "linus"', 'did you mean "linux"?'],
  },
  {
    name: 'unknown artifact driver',
    line: 4,
    replace: ['folder', 's4'],
    says: ['unknown driver "s4"', 'expected one of folder, s3'],
  },
  {
    name: 'missing target',
    line: 11,
    replace: ['host-2', 'host-3'],
    says: ['target "host-3" is not under "targets"', 'did you mean "host-1"?'],
  },
  {
    name: 'a target listed twice',
    line: 11,
    replace: ['host-2', 'host-1'],
    says: ['"host-1" is listed twice', 'remove one'],
  },
  {
    name: 'reference without a vault',
    line: 11,
    replace: ['primary:itron/key', 'itron/key'],
    says: ['expected vault:path'],
  },
  {
    name: 'reference to an unknown vault',
    line: 11,
    replace: ['primary:', 'primry:'],
    says: ['unknown vault "primry"', 'did you mean "primary"?'],
  },
  {
    name: 'reference with ..',
    line: 11,
    replace: ['primary:itron/key', 'primary:itron/../key'],
    says: ['expected no "." or ".."'],
  },
  {
    name: 'reference with an empty segment',
    line: 11,
    replace: ['primary:itron/key', 'primary:itron//key'],
    says: ['expected no empty segment'],
  },
  {
    name: "reference into relock's own records",
    line: 11,
    replace: ['primary:itron/key', 'primary:relock/key'],
    says: ['relock keeps its own records'],
  },
  {
    name: 'management reference to an unknown vault',
    line: 6,
    replace: ['primary:mgmt', 'nowhere:mgmt'],
    says: ['unknown vault "nowhere"', 'expected one of primary, second'],
  },
  {
    name: 'duplicate id',
    line: 11,
    replace: ['itron/key, vendor', 'itron/svc, vendor'],
    says: ['duplicate id', 'line 10 has it already'],
  },
  { name: 'duplicate YAML key', line: 7, replace: ['host-2:', 'host-1:'], says: ['duplicate key "host-1"', 'line 6'] },
  {
    name: 'unknown kind',
    line: 10,
    replace: ['kind: password', 'kind: pasword'],
    says: ['unknown kind "pasword"', 'did you mean "password"?'],
  },
  {
    name: 'unsupported kind on a target',
    line: 12,
    replace: ['kind: password', 'kind: ssh-key'],
    says: ['"router-1" of type router has no ssh-key credentials', 'expected one of password'],
  },
  {
    name: 'missing host key',
    line: 6,
    replace: [`hostKey: "${pin}", `, ''],
    says: ['target "host-1": "hostKey" is missing'],
  },
  {
    name: 'malformed host key',
    line: 6,
    replace: [pin, 'SHA256:short'],
    says: ['"hostKey" is not right', 'expected SHA256:…'],
  },
  {
    name: 'two credentials of a single-slot kind on one account',
    line: extra,
    append: [
      '  - { id: itron/again, vendor: itron, kind: password, account: itron-svc, targets: [host-1], copies: ["primary:itron/again"] }',
    ],
    says: ['account "itron-svc" on target "host-1" has one password only', '"itron/svc" on line 10', 'merge the two'],
  },
  {
    name: 'two credentials sharing a copy',
    line: 11,
    replace: ['primary:itron/key', 'second:itron/svc'],
    says: ['copy "second:itron/svc" is listed already', '"itron/svc" on line 10'],
  },
  {
    name: 'one copy listed twice',
    line: 10,
    replace: ['second:itron/svc', 'primary:itron/svc'],
    says: ['copy "primary:itron/svc" is listed already'],
  },
  {
    name: 'account with a newline',
    line: 10,
    replace: ['itron-svc, targets', '"itron\\nsvc", targets'],
    says: ['holds a control character'],
  },
  {
    name: 'account with a colon',
    line: 10,
    replace: ['itron-svc, targets', '"itron:svc", targets'],
    says: ['account "itron:svc" cannot exist on target "host-1"', 'no newline, colon'],
  },
  {
    name: 'account with a leading dash',
    line: 10,
    replace: ['itron-svc, targets', '-rf, targets'],
    says: ['account "-rf" cannot exist', 'leading dash'],
  },
  {
    name: 'credential id with ..',
    line: 11,
    replace: ['id: itron/key', 'id: itron/../key'],
    says: ['id "itron/../key" is not allowed', 'no "." or ".."'],
  },
  {
    name: 'credential id with odd characters',
    line: 11,
    replace: ['id: itron/key', 'id: "Itron/key"'],
    says: ['"Itron/key" is not allowed', 'lower-case'],
  },
  {
    name: 'target id with odd characters',
    line: 7,
    replace: ['host-2:', '"host 2":'],
    says: ['target "host 2": the id is not allowed'],
  },
  {
    name: 'an id that is too long',
    line: 11,
    replace: ['id: itron/key', `id: ${'a'.repeat(201)}`],
    says: ['at most 200 characters'],
  },
  {
    name: 'vendor with a slash',
    line: 11,
    replace: ['vendor: itron', 'vendor: itron/x'],
    says: ['vendor "itron/x" is not allowed'],
  },
  {
    name: 'unknown key at the top',
    line: extra,
    append: ['credental: []'],
    says: ['unknown key "credental"', 'did you mean "credentials"?'],
  },
  {
    name: 'unknown key of a vault',
    line: 2,
    replace: ['address:', 'adress:'],
    says: ['unknown key "adress"', 'did you mean "address"?'],
  },
  {
    name: 'unknown key inside a vault',
    line: 2,
    replace: ['tokenEnv:', 'token:'],
    says: ['unknown key "token" in "auth"', 'tokenEnv'],
  },
  {
    name: 'unknown key of a target',
    line: 6,
    replace: ['hostKey:', 'hostkey:'],
    says: ['unknown key "hostkey"', 'did you mean "hostKey"?'],
  },
  {
    name: 'unknown key of a credential',
    line: 10,
    replace: ['everyDays', 'everyday'],
    says: ['unknown key "everyday"', 'did you mean "everyDays"?'],
  },
  {
    name: 'unknown authentication method',
    line: 2,
    replace: ['method: token', 'method: tokken'],
    says: ['"auth.method" must be one of token, approle'],
  },
  {
    name: 'unreadable file of a driver',
    line: 3,
    replace: ['{ method: token, tokenEnv: VAULT_TOKEN }', '{ method: approle, roleIdFile: ./role-id }'],
    says: ['"auth.roleIdFile" names', 'does not exist'],
  },
  {
    name: 'unreadable approvals file',
    line: extra,
    append: ['approvals: { allowedSigners: ./approvers, required: 2 }'],
    says: ['"allowedSigners" names', 'does not exist'],
  },
  {
    name: 'waves out of bounds',
    line: extra,
    append: ['waves: { canary: 0 }'],
    says: ['"canary" is too small', 'at least 1'],
  },
  {
    name: 'waves of the wrong type',
    line: extra,
    append: ['waves: { size: many }'],
    says: ['"size" must be a number and is text'],
  },
  {
    name: 'timing out of bounds',
    line: extra,
    append: ['timing: { callMs: 5 }'],
    says: ['"callMs" is too small', 'at least 1000'],
  },
  { name: 'no targets', line: 11, replace: ['[host-1, host-2]', '[]'], says: ['"targets" is too short', 'at least 1'] },
  {
    name: 'missing copies',
    line: 11,
    replace: [', copies: ["primary:itron/key"]', ''],
    says: ['"copies" is missing', 'expected where it is stored'],
  },
  {
    name: 'days that are not whole',
    line: 10,
    replace: ['everyDays: 30', 'everyDays: 1.5'],
    says: ['"everyDays" must be a whole number'],
  },
  {
    name: 'a change that nobody could make',
    line: 8,
    replace: [', management: { account: admin, secret: "primary:mgmt/router-1" }', ''],
    says: ['nobody could change it on target "router-1"', 'expected "management" there'],
    at: 12,
  },
  {
    name: 'targets with no password in common',
    line: 12,
    replace: ['[router-1]', '[router-1, host-2]'],
    says: ['no secret fits all of its targets', 'split it'],
  },
  {
    name: 'a folder of artifacts together with zones',
    line: 7,
    replace: ['type: linux', 'type: linux, zone: dmz'],
    says: ['a folder store is reached from one host only', 'target "host-2" has a zone'],
    at: 4,
  },
  {
    name: 'a zone with odd characters',
    line: 7,
    replace: ['type: linux', 'type: linux, zone: "d/m"'],
    says: ['zone "d/m" is not allowed'],
  },
  {
    name: 'a management cycle',
    line: extra,
    append: [
      '  - { id: mgmt/a, vendor: own, kind: password, account: boss, targets: [host-1], copies: ["primary:mgmt/router-1"] }',
      '  - { id: mgmt/b, vendor: own, kind: password, account: boss, targets: [router-1], copies: ["primary:mgmt/host-1"] }',
    ],
    says: ['in a circle', 'mgmt/a → mgmt/b → mgmt/a'],
  },
  { name: 'an escape sequence', line: 10, replace: ['ot-ops', '"\\e[2J"'], says: ['holds a control character'] },
  {
    name: 'text that runs right to left',
    line: 10,
    replace: ['ot-ops', '"ot\\u202eops"'],
    says: ['holds a control character'],
  },
  { name: 'not YAML', line: 4, replace: ['path: ./evidence }', 'path: ./evidence'], says: ['not valid YAML'], at: 5 },
  { name: 'a second document', line: extra, append: ['---', 'a: 1'], says: ['second YAML document'] },
];

function textOf({ line, replace, append }: Case): string {
  const lines = [...rightLines, ...(append ?? [])];
  if (replace === undefined) return lines.join('\n');
  const before = lines[line - 1] ?? '';
  expect(before).toContain(replace[0]);
  lines[line - 1] = before.replace(...replace);
  return lines.join('\n');
}

function problemsOf(loaded: ReturnType<typeof readText>) {
  return 'problems' in loaded ? loaded.problems : [];
}

describe('relock.yaml: bad input is named with file, line and what to write', () => {
  it.each(cases)('$name', (bad) => {
    const problems = problemsOf(readText(textOf(bad)));
    const here = problems.filter(({ line }) => line === (bad.at ?? bad.line));
    const messages = here.map(({ message }) => message).join('\n');
    expect(problems.length, JSON.stringify(problems)).toBeGreaterThan(0);
    for (const said of bad.says) expect(messages, JSON.stringify(problems)).toContain(said);
    expect(here.every(({ file }) => file.endsWith('relock.yaml'))).toBe(true);
  });

  it('a mistake in an entry is not repeated for everything that refers to it', () => {
    const text = rightLines.join('\n').replace(pin, 'nonsense');
    expect(problemsOf(readText(text)).map(({ line }) => line)).toEqual([6]);
  });

  it('names all mistakes at once, in the order of the file', () => {
    const text = rightLines
      .join('\n')
      .replace('openbao', 'openbo')
      .replace(pin, 'nonsense')
      .replace('kind: ssh-key', 'kind: key')
      .replace('everyDays: 30', 'everyDays: never');
    expect(problemsOf(readText(text)).map(({ line }) => line)).toEqual([2, 6, 10, 11]);
  });

  it('never repeats a value of driver settings: it may be a misplaced secret', () => {
    const text = rightLines.join('\n').replace('tokenEnv: VAULT_TOKEN', 'token: hvs.topsecret').replace(pin, 'hunter2');
    const problems = problemsOf(readText(text));
    expect(problems.length).toBeGreaterThan(1);
    expect(JSON.stringify(problems)).not.toMatch(/topsecret|hunter2/);
  });

  it.each([
    ['an empty file', '', 'the file is empty'],
    ['only a comment', '# nothing\n', 'the file is empty'],
    ['a list', '- a\n', 'not a map'],
    ['a text', 'hello', 'not a map'],
    ['deep nesting', '['.repeat(100_000) + ']'.repeat(100_000), 'nested too deeply'],
    ['brackets without end', '['.repeat(100_000), 'not valid YAML'],
    ['an alias bomb', aliasBomb(), 'aliases'],
    ['bytes that are not UTF-8', Uint8Array.of(0x61, 0x3a, 0xff, 0xfe), 'not UTF-8'],
  ])('%s', (_, text, message) => {
    expect(
      problemsOf(readText(text))
        .map((problem) => problem.message)
        .join('\n'),
    ).toContain(message);
  });

  it('a file that is not there, and one that is a folder', () => {
    const folder = temporaryFolder();
    const read = (file: string) =>
      problemsOf(readEstate(file, { registries: testRegistries, environment: {}, now: () => 0 }));
    expect(read(join(folder, 'relock.yaml'))[0]?.message).toContain('relock init');
    expect(read(folder)[0]?.message).toContain('it is a folder');
  });
});

function aliasBomb(): string {
  const levels = Array.from({ length: 12 }, (_, level) => {
    const items =
      level === 0
        ? 'x'
        : Array(9)
            .fill(`*a${level - 1}`)
            .join(', ');
    return `a${level}: &a${level} [${items}]`;
  });
  return levels.join('\n');
}
