import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../config/estateFile.js';
import { runIn } from './runHere.js';
import { runRelock } from './runRelock.js';

const pin = `SHA256:${'A'.repeat(43)}`;

/** An estate for the product's own drivers; nothing listens at its addresses. */
function estateFolder(change: (text: string) => string = (text) => text): string {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'relock.yaml'),
    change(
      [
        'vaults:',
        '  primary: { driver: openbao, address: "http://127.0.0.1:1", auth: { method: token, tokenEnv: RELOCK_TEST_TOKEN } }',
        'artifacts: { driver: folder, path: ./evidence }',
        'targets:',
        `  host-1: { type: linux, address: "127.0.0.1:1", hostKey: "${pin}", management: { account: root, secret: "primary:mgmt/host-1" } }`,
        'credentials:',
        '  - { id: itron/svc, vendor: itron, kind: password, account: itron-svc, targets: [host-1], copies: ["primary:itron/svc"] }',
        '  - { id: other/svc, vendor: other, kind: password, account: other-svc, targets: [host-1], copies: ["primary:other/svc"], owner: ops }',
      ].join('\n'),
    ),
  );
  return folder;
}

describe('relock init', () => {
  it('writes a start that passes check as it is, with a key that only its owner can read', async () => {
    const folder = temporaryFolder();
    const made = await runRelock(folder, ['init']);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(folder).sort()).toEqual(['relock.yaml', 'vault', 'vault.key']);
    expect(statSync(join(folder, 'vault.key')).mode & 0o777).toBe(0o600);
    expect(made.stdout).not.toContain('AGE-SECRET-KEY');
    const checked = await runIn(folder, ['check', '--json']);
    expect(checked.stderr).toBe('');
    expect(JSON.parse(checked.stdout)).toEqual({ ok: true, findings: [] });
    expect(checked.code).toBe(0);
  });

  it('overwrites nothing: exit 2, every byte as before', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'relock.yaml'), 'mine');
    const refused = await runIn(folder, ['init']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('relock.yaml is there already');
    expect(readFileSync(join(folder, 'relock.yaml'), 'utf8')).toBe('mine');
    expect(readdirSync(folder)).toEqual(['relock.yaml']);
  });
});

describe('relock check', () => {
  it('names every problem of a configuration at once: file, line, what was expected; exit 2', async () => {
    const folder = estateFolder((text) =>
      text.replace('openbao', 'openbo').replace(pin, 'x').replace('id: other/svc', 'id: itron/svc'),
    );
    const checked = await runIn(folder, ['check']);
    expect(checked).toMatchObject({ code: 2, stdout: '' });
    const lines = checked.stderr.split('\n');
    expect(lines[0]).toMatch(/^relock\.yaml:2: vault "primary": unknown driver "openbo"; expected one of .*openbao/);
    expect(lines[1]).toMatch(/^relock\.yaml:5: target "host-1": "hostKey" is not right; expected SHA256:/);
    expect(checked.stderr).toContain('nothing was touched');
  });

  it('--json: the same as JSON alone on stdout', async () => {
    const folder = estateFolder((text) => text.replace('id: other/svc', 'id: itron/svc'));
    const checked = await runIn(folder, ['--json', 'check']);
    expect(checked.code).toBe(2);
    expect(JSON.parse(checked.stdout)).toMatchObject({
      ok: false,
      problems: [{ file: 'relock.yaml', line: 8, message: expect.stringContaining('duplicate id') }],
    });
  });

  it('says what to do when there is no configuration', async () => {
    const checked = await runIn(temporaryFolder(), ['check', '--config', 'site.yaml']);
    expect(checked).toMatchObject({ code: 2, stdout: '' });
    expect(checked.stderr).toMatch(
      /^site\.yaml: there is no such file; expected relock.yaml: `relock init` writes one/,
    );
  });

  it('a vault that is not there: exit 1, and its targets are named as not looked at', async () => {
    const checked = await runIn(estateFolder(), ['check', '--json'], { RELOCK_TEST_TOKEN: 'hvs.topsecret' });
    expect(checked.code).toBe(1);
    const { ok, findings } = JSON.parse(checked.stdout);
    expect(ok).toBe(false);
    expect(findings).toMatchObject([
      { severity: 'error', subject: 'vault primary', credentials: [] },
      { severity: 'error', subject: 'target host-1', credentials: ['itron/svc', 'other/svc'] },
    ]);
    expect(findings[1].message).toContain('not looked at');
    expect(checked.stdout + checked.stderr).not.toContain('topsecret');
  });

  it('--offline asks nobody', async () => {
    const checked = await runIn(estateFolder(), ['check', '--offline']);
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toContain('2 credentials, 1 target, 1 vault: relock.yaml is right');
  });
});

describe('relock credentials', () => {
  it('lists what is shared, as a table', async () => {
    const listed = await runIn(estateFolder(), ['credentials']);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout.split('\n')[0]).toMatch(/^ID +VENDOR +KIND +ACCOUNT +TARGETS +COPIES$/);
    expect(listed.stdout).toMatch(/itron\/svc +itron +password +itron-svc +host-1 +primary:itron\/svc\n/);
  });

  it('--vendor and --json: that vendor only, for machines', async () => {
    const listed = await runIn(estateFolder(), ['credentials', '--vendor', 'other', '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject([
      {
        id: 'other/svc',
        kind: 'password',
        targets: ['host-1'],
        copies: ['primary:other/svc'],
        owner: 'ops',
        provenance: 'relock.yaml:8',
      },
    ]);
  });

  it('an unknown vendor: exit 2, with those that are known', async () => {
    const listed = await runIn(estateFolder(), ['credentials', '--vendor', 'itrn']);
    expect(listed).toMatchObject({ code: 2, stdout: '' });
    expect(listed.stderr).toContain('relock.yaml names itron, other');
  });
});

describe('every command', () => {
  it.each([
    ['an unknown command', ['chek'], 'Did you mean check?'],
    ['an unknown option', ['check', '--ofline'], '--offline'],
    ['a missing argument', ['pin'], "missing required argument 'target'"],
    ['a target that is not there', ['pin', 'host-2'], 'target "host-2" is not under "targets"'],
  ])('%s: exit 2', async (_, args, message) => {
    const ended = await runIn(estateFolder(), args);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(message);
  });

  it('a refused command line is JSON too, where JSON was asked for', async () => {
    const ended = await runIn(estateFolder(), ['check', '--json', '--ofline']);
    expect(ended.code).toBe(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({ ok: false, error: { code: 'UsageError' } });
  });

  it('help says what the exit codes mean', async () => {
    const ended = await runRelock(temporaryFolder(), ['--help']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toContain('2  bad input or configuration; nothing was touched');
  });

  it('text from outside cannot steer the terminal', async () => {
    const folder = estateFolder((text) => text.replace('id: other/svc', 'id: "\\u001b[2Jx"'));
    const ended = await runIn(folder, ['check', '--offline', '\u001b[31mred']);
    const checked = await runIn(folder, ['check']);
    expect(ended.stdout + ended.stderr + checked.stdout + checked.stderr).not.toContain('\u001b');
    expect(checked.code).toBe(2);
  });
});
