import { describe, expect, onTestFinished, test } from 'vitest';
import { generateKey } from '../../src/secret/generateKey.js';
import { type SshHostOptions, startSshHost } from '../harness/sshHost.js';
import { tryLogin } from '../harness/sshLogin.js';
import { hostTrial, rootPassword } from './hostTrial.js';
import { credential, type Trial } from './trial.js';

const account = 'itron-sftp';
const home = `/home/${account}`;

interface DoorOptions extends SshHostOptions {
  /** The key file, as sshd and relock.yaml name it. */
  readonly path?: string;
  /** Where it is, if that name is a link. */
  readonly file?: string;
  /** As root, once the account has its key. */
  readonly prepare: string;
}

async function doorWith({ path, prepare, file = path ?? `${home}/.ssh/authorized_keys`, ...options }: DoorOptions) {
  const sshdConfig = [...(options.sshdConfig ?? []), ...(path === undefined ? [] : [`AuthorizedKeysFile ${path}`])];
  const host = await startSshHost({ ...options, sshdConfig });
  onTestFinished(() => host.stop());
  const key = await generateKey('ed25519', 'old');
  await host.setPassword('root', rootPassword);
  await host.addUser({ name: account, authorizedKeys: [`no-agent-forwarding ${key.reveal('public_key')}`] });
  await host.exec('useradd -m other');
  await host.exec(`cd ${home} && ${prepare}`);
  const settings = path === undefined ? '' : `, authorizedKeysFile: "${path}"`;
  const trial = await hostTrial(host, { kind: 'ssh-key', account, secret: key.revealAll(), settings });
  const opens = (privateKey: string) => tryLogin({ address: host.address, user: account, privateKey });
  const owners = () => host.exec(`f=${file}; stat -c '%n %U %G %a' $f \${f%/*} ${home}; ls -A \${f%/*}`);
  return { host, trial, owners, text: () => host.readFile(file), opens, old: key.reveal('private_key') };
}

const central = `/etc/ssh/keys/${account}`;
const toCentral = `mkdir -m 755 /etc/ssh/keys && mv .ssh/authorized_keys ${central}`;

describe('what sshd takes is written, and keeps its owner and mode', { timeout: 120_000 }, () => {
  test.each<readonly [string, DoorOptions]>([
    ["a folder of root's outside of the home, a file of the account", { path: central, prepare: toCentral }],
    [
      'the same with %u, reached by a link of root',
      {
        path: '/etc/ssh/door/%u',
        file: central,
        prepare: `${toCentral} && ln -s keys /etc/ssh/door`,
      },
    ],
    [
      'a file that is a link of root',
      { path: '/etc/ssh/list', file: central, prepare: `${toCentral} && ln -s keys/${account} /etc/ssh/list` },
    ],
    [
      "root's both, outside",
      { path: central, prepare: `${toCentral} && chown root: ${central} && chmod 644 ${central}` },
    ],
    [".ssh of root's, a file of the account", { prepare: 'chown root: .ssh && chmod 755 .ssh' }],
    ["root's both", { prepare: 'chown -R root: .ssh && chmod 755 .ssh && chmod 644 .ssh/authorized_keys' }],
    [
      "a file of root's in the account's .ssh",
      { prepare: 'chown root: .ssh/authorized_keys && chmod 644 .ssh/authorized_keys' },
    ],
    ["a home of root's", { prepare: 'chown root: . && chmod 755 .' }],
    ["a home and .ssh of root's", { prepare: 'chown root: . .ssh && chmod 755 . .ssh' }],
    [
      'a group that the account is not in',
      { prepare: 'chgrp www-data .ssh/authorized_keys && chmod 640 .ssh/authorized_keys' },
    ],
    ['nothing that the account itself may write', { prepare: 'chmod 400 .ssh/authorized_keys && chmod 500 .ssh' }],
    [
      'a link of the account to its own folder',
      { file: `${home}/keys/authorized_keys`, prepare: 'mv .ssh keys && ln -s keys .ssh && chown -h itron-sftp: .ssh' },
    ],
  ])('T37 %s', async (_, options) => {
    const { trial, owners, text, opens, old } = await doorWith(options);
    const before = await owners();
    expect(await opens(old)).toBe('accepted');
    expect([await trial.check(), await trial.warnings()]).toEqual([[], []]);
    expect(await trial.rotate('restore')).toMatchObject({ end: 'rotated', exposed: false });
    const now = await trial.mount.readerSees(credential);
    expect([await opens(String(now?.private_key)), await opens(old)]).toEqual(['accepted', 'refused']);
    expect(await text()).toBe(`no-agent-forwarding ${now?.public_key}\n`);
    expect(await owners()).toBe(before);
  });
});

/** check and a rotation: the same words, and nothing is changed. */
async function expectUnwritten(
  { trial, owners, text }: { trial: Trial; owners(): Promise<string>; text(): Promise<string> },
  words: string,
): Promise<void> {
  const before = [await owners(), await text()];
  expect(await trial.check()).toEqual([expect.stringContaining(words)]);
  expect(await trial.dryRun()).toEqual([expect.stringContaining(words)]);
  for (const policy of ['restore', 'forward'] as const) {
    const ended = await trial.rotate(policy);
    expect(ended).toMatchObject({ state: 'untouched', exposed: true, open: false });
    expect(ended.causes).toEqual([expect.stringContaining(words)]);
  }
  expect([await owners(), await text()]).toEqual(before);
}

describe('what is not written is said before, in the same words', { timeout: 120_000 }, () => {
  const ofOthers = 'belongs to neither the account nor root, and sshd (StrictModes) does not read keys there';
  test.each<readonly [string, DoorOptions, string]>([
    [
      "somebody else's file",
      { prepare: 'chmod 644 .ssh/authorized_keys && chown other .ssh/authorized_keys' },
      ofOthers,
    ],
    ["somebody else's .ssh", { prepare: 'chmod 755 .ssh && chown other .ssh' }, ofOthers],
    [
      "somebody else's folder outside",
      { path: central, prepare: `${toCentral} && chown other /etc/ssh/keys` },
      ofOthers,
    ],
    [
      'a folder outside that others may write',
      { path: central, prepare: `${toCentral} && chmod 777 /etc/ssh/keys` },
      'sshd (StrictModes) does not read keys there. Take that right away',
    ],
    [
      'a file that only root may read',
      { prepare: 'chown root: .ssh/authorized_keys' },
      'sshd reads its key file as the account, which may not read it',
    ],
    [
      "somebody else's file where sshd does not mind",
      { sshdConfig: ['StrictModes no'], prepare: 'chmod 644 .ssh/authorized_keys && chown other .ssh/authorized_keys' },
      'belongs to neither the account nor root, or others may write there, and relock does not',
    ],
    [
      "a link of the account to a folder of root's",
      { file: '/srv/keys/authorized_keys', prepare: rootsElsewhere() },
      'a symbolic link that the account may turn elsewhere leads to its key file',
    ],
  ])('T37 %s', async (_, options, words) => {
    await expectUnwritten(await doorWith(options), words);
  });

  test("T37 a folder of root's that a link leads to is written under its real path", async () => {
    const path = '/srv/keys/authorized_keys';
    const { trial, opens, old } = await doorWith({ path, prepare: rootsElsewhere() });
    expect(await trial.check()).toEqual([]);
    expect((await trial.rotate('restore')).end).toBe('rotated');
    expect(await opens(old)).toBe('refused');
  });
});

/** /srv/keys is root's, in a place of the host's own. */
function rootsElsewhere(): string {
  const place = 'mount -t tmpfs -o mode=755 relock /srv && mkdir -m 755 /srv/keys';
  const move = 'mv .ssh/authorized_keys /srv/keys && chown -R root: /srv/keys && chmod 644 /srv/keys/authorized_keys';
  return `${place} && ${move} && rmdir .ssh && ln -s /srv/keys .ssh && chown -h ${account}: .ssh`;
}

test("T37 the first key of an account in a folder of root's: sshd may read it", async () => {
  const { host, trial, opens } = await doorWith({ path: '/etc/ssh/keys/%u', prepare: `${toCentral} && rm ${central}` });
  trial.rewrite('hostKey:', 'keyOptions: "", hostKey:');
  trial.rewrite('targets: [headend]', 'targets: [headend], adopt: true');
  await trial.mount.api('DELETE', `${trial.mount.mount}/metadata/${credential}`);
  expect((await trial.rotate('forward')).end).toBe('replaced(adopted)');
  const now = await trial.mount.readerSees(credential);
  expect(await opens(String(now?.private_key))).toBe('accepted');
  expect(await host.exec(`stat -c '%U %G %a' ${central}`)).toBe('root root 644\n');
});
