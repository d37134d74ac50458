import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../config/estateFile.js';
import { freshMount, type TestMount } from '../contract/openbao.harness.js';
import { relockPolicy } from '../harness/openBao.js';
import { type SshHost, startSshHost } from '../harness/sshHost.js';
import { runRelock } from './runRelock.js';

const rootPassword = 'root-Pa55-of-the-host';
let host: SshHost;
let vault: TestMount;

beforeAll(async () => {
  [host, vault] = await Promise.all([startSshHost(), freshMount()]);
  await host.setPassword('root', rootPassword);
  await host.addUser({ name: 'itron-svc', password: 'the-0ld-Secret' });
  await vault.personWrites('mgmt/host-1', { password: rootPassword });
  await vault.personWrites('itron/svc', { password: 'the-0ld-Secret' });
});
afterAll(() => host?.stop());

/** An estate with the real vault and host; what is not the default is what a test is about. */
function estate(change: (text: string) => string = (text) => text): string {
  const folder = temporaryFolder();
  const text = [
    'vaults:',
    `  primary: { driver: openbao, address: "${vault.address}", mount: ${vault.mount}, auth: { method: token, tokenEnv: RELOCK_TEST_TOKEN } }`,
    'artifacts: { driver: folder, path: ./evidence }',
    'targets:',
    '  host-1:',
    '    type: linux # the head-end',
    `    address: ${host.address}`,
    `    hostKey: "${host.hostKey}"`,
    '    management: { account: root, secret: "primary:mgmt/host-1" }',
    'credentials:',
    '  - { id: itron/svc, vendor: itron, kind: password, account: itron-svc, targets: [host-1], copies: ["primary:itron/svc"] }',
  ].join('\n');
  writeFileSync(join(folder, 'relock.yaml'), change(text));
  return folder;
}

async function environment() {
  return { RELOCK_TEST_TOKEN: await vault.tokenWith(relockPolicy(vault.mount)) };
}

describe('relock check on a real vault and a real host', () => {
  it('nothing to correct: exit 0, and no value is printed', async () => {
    const checked = await runRelock(estate(), ['check'], await environment());
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toContain('nothing to correct');
    expect(checked.stdout).not.toContain(rootPassword);
  });

  it('a changed host key, and an account that is not there: each its own message, exit 1', async () => {
    const other = estate((text) => text.replace(host.hostKey, `SHA256:${'A'.repeat(43)}`));
    const missing = estate((text) => text.replace('account: itron-svc', 'account: nobody-here'));
    const [changed, absent] = await Promise.all([
      runRelock(other, ['check', '--json'], await environment()),
      runRelock(missing, ['check', '--json'], await environment()),
    ]);
    expect([changed.code, absent.code]).toEqual([1, 1]);
    const found = [changed, absent].map(({ stdout }) => JSON.parse(stdout).findings);
    expect(found[0]).toMatchObject([{ subject: 'target host-1', credentials: ['itron/svc'] }]);
    expect(found[0][0].message).toMatch(/host key/);
    expect(found[1]).toMatchObject([{ subject: 'target host-1' }]);
    expect(found[1][0].message).not.toBe(found[0][0].message);
  });

  it('a token that may read nothing: the vault is named, its targets are not looked at', async () => {
    const token = await vault.tokenWith('path "secret/x" { capabilities = ["read"] }');
    const checked = await runRelock(estate(), ['check', '--json'], { RELOCK_TEST_TOKEN: token });
    expect(checked.code).toBe(1);
    expect(JSON.parse(checked.stdout).findings[0].subject).toContain('vault primary');
  });

  it('credentials --state asks the vault', async () => {
    const listed = await runRelock(estate(), ['credentials', '--state', '--json'], await environment());
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id: 'itron/svc', rotatedAt: null, rotationOpen: false }]);
  });
});

describe('relock pin on a real host', () => {
  const unpinned = () => estate((text) => text.replace(/ {4}hostKey: .*\n/, ''));
  const textOf = (folder: string) => readFileSync(join(folder, 'relock.yaml'), 'utf8');

  it('shows the key that OpenSSH itself prints, and writes nothing by itself', async () => {
    const folder = unpinned();
    const before = textOf(folder);
    const shown = await runRelock(folder, ['pin', 'host-1']);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain(host.hostKey);
    expect(shown.stdout).toContain('Compare it');
    expect(textOf(folder)).toBe(before);
  });

  it('--write: the pin and nothing else; check is content', async () => {
    const folder = unpinned();
    const written = await runRelock(folder, ['pin', 'host-1', '--write', '--json']);
    expect(JSON.parse(written.stdout)).toMatchObject({ shown: host.hostKey, pinned: null, written: true });
    expect(textOf(folder)).toBe(textOf(estate()));
    expect((await runRelock(folder, ['check'], await environment())).code).toBe(0);
  });

  it('another key than the pinned one is refused, unless --replace is said', async () => {
    const folder = estate((text) => text.replace(host.hostKey, `SHA256:${'A'.repeat(43)}`));
    const before = textOf(folder);
    const refused = await runRelock(folder, ['pin', 'host-1', '--write']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('ask its owner');
    expect(textOf(folder)).toBe(before);
    const replaced = await runRelock(folder, ['pin', 'host-1', '--write', '--replace']);
    expect(replaced.code).toBe(0);
    expect(textOf(folder)).toBe(textOf(estate()));
  });
});
