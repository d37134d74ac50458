import { createHmac } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addKey, idKeyFile, makeKeyFile } from '../../src/codec/keyFile.js';
import { KeyRing, newKeyLine } from '../../src/codec/keyRing.js';
import { workflowIdsOf } from '../../src/codec/opaqueIds.js';
import { configInIdentity, idsInIdentity, keysInIdentity, workingWith } from '../../src/codec/workerIdentity.js';
import { incidentMemo, incidentNameOf, isOpaqueId, plainIds, waveWorkflowId } from '../../src/model/workflowIds.js';
import { runHere } from '../cli/runHere.js';
import { runRelock } from '../cli/runRelock.js';
import { temporaryFolder } from '../config/estateFile.js';

const credential = 'itron/headend-svc';
const incident = 'incident/itron/inc-42';
const group = { vendor: 'itron', everyDays: 30 };

function keyFile(): string {
  const file = join(temporaryFolder(), 'ids.key');
  makeKeyFile(file, 0, idKeyFile);
  return file;
}

const idsBy = (file: string) => workflowIdsOf({ opaqueIdsFile: file });

describe('ids that tell no name', () => {
  it('are a kind and 32 characters, the same by the same key', () => {
    const file = keyFile();
    const ids = idsBy(file);
    expect(ids.areOpaque).toBe(true);
    expect(ids.rotation(credential)).toMatch(/^rotate\/[a-z2-7]{32}$/);
    expect(ids.incident(incident)).toMatch(/^incident\/[a-z2-7]{32}$/);
    expect(ids.due(group)).toMatch(/^due\/[a-z2-7]{32}$/);
    expect(idsBy(file).rotation(credential)).toBe(ids.rotation(credential));
  });

  it('are 160 bits of HMAC-SHA-256 over the plain id, in base32, as other programs compute it', () => {
    const file = keyFile();
    const key = Buffer.from(/ (\S+)\n$/.exec(readFileSync(file, 'utf8'))?.[1] ?? '', 'base64');
    const id = idsBy(file).rotation(credential).split('/')[1] ?? '';
    const bits = [...id].map((each) => 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(each).toString(2).padStart(5, '0'));
    const bytes = (bits.join('').match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2));
    const expected = createHmac('sha256', key).update(`rotate/${credential}`).digest();
    expect(Buffer.from(bytes)).toEqual(expected.subarray(0, 20));
  });

  it('differ by key, by name, and by kind for the same name', () => {
    const [file, other] = [keyFile(), keyFile()];
    const ids = idsBy(file);
    const hashOf = (id: string) => id.split('/')[1];
    const all = [
      ids.rotation(credential),
      ids.rotation(`${credential}2`),
      ids.rotation('itron/inc-42'),
      ids.incident(incident),
      ids.due(group),
      ids.due({ ...group, everyDays: 7 }),
      idsBy(other).rotation(credential),
    ];
    expect(new Set(all.map(hashOf)).size).toBe(all.length);
  });

  it('are told from plain ones, also those of waves and of what schedules start', () => {
    const ids = idsBy(keyFile());
    const opaque = [ids.rotation(credential), ids.incident(incident), ids.due(group)];
    const started = [waveWorkflowId(ids.incident(incident), 0), `${ids.due(group)}-2026-11-25T02:00:00Z`];
    for (const id of [...opaque, ...started]) expect(isOpaqueId(id)).toBe(true);
    const plain = [plainIds.rotation(credential), plainIds.incident(incident), plainIds.due(group)];
    for (const id of [...plain, waveWorkflowId(incident, 0)]) expect(isOpaqueId(id)).toBe(false);
  });

  it('a worker says how it makes them beside the names of its keys, and nothing where ids are names', () => {
    const line = newKeyLine(0);
    const ids = idsBy(keyFile());
    const said = workingWith(new KeyRing(line), ids).identity ?? '';
    expect(ids.fingerprint).toMatch(/^[0-9a-f]{8}$/);
    expect(idsInIdentity(said)).toBe(ids.fingerprint);
    expect(keysInIdentity(said)).toEqual([line.split(' ')[0]]);
    expect(idsInIdentity(workingWith(new KeyRing(line)).identity ?? '')).toBeNull();
    expect(idsBy(keyFile()).fingerprint).not.toBe(ids.fingerprint);
    const configured = workingWith(new KeyRing(line), ids, 'c0ffee00').identity ?? '';
    expect([idsInIdentity(configured), configInIdentity(configured)]).toEqual([ids.fingerprint, 'c0ffee00']);
    expect(configInIdentity(said)).toBeNull();
  });

  it('an incident is known by its memo, and where it has none by its id', () => {
    const workflowId = idsBy(keyFile()).incident(incident);
    expect(incidentNameOf({ workflowId, memo: incidentMemo(incident) })).toBe(incident);
    expect(incidentNameOf({ workflowId: incident })).toBe(incident);
  });
});

describe('the key of ids', () => {
  it.each([
    ['is missing', () => join(temporaryFolder(), 'ids.key'), /there is no .*ids\.key.*relock codec new-key --ids/],
    [
      'can be read by everybody',
      () => {
        const file = keyFile();
        chmodSync(file, 0o644);
        return file;
      },
      /key of ids .* can be read by every user/,
    ],
    [
      'is no key',
      () => {
        const file = keyFile();
        writeFileSync(file, 'not a key\n');
        return file;
      },
      /key of ids .* cannot be used: line 1 is not a key/,
    ],
    [
      'is two keys',
      () => {
        const file = keyFile();
        addKey(file, 1);
        return file;
      },
      /holds 2 keys/,
    ],
  ])('%s: an error that says so, and shows no key', (_, make, message) => {
    expect(() => idsBy(make())).toThrow(message);
  });
});

function estateFolder(codec: string): string {
  const folder = temporaryFolder();
  const lines = [
    `vaults: { primary: { driver: openbao, address: "http://127.0.0.1:1", auth: { method: token, tokenEnv: NONE } } }`,
    'artifacts: { driver: folder, path: ./evidence }',
    ...(codec === '' ? [] : [`codec: ${codec}`]),
    `targets: { host-1: { type: linux, address: "127.0.0.1:1", hostKey: "SHA256:${'A'.repeat(43)}" } }`,
    'credentials:',
    '  - { id: itron/svc, vendor: itron, kind: ssh-key, account: svc, targets: [host-1], copies: ["primary:itron/svc"], everyDays: 30 }',
  ];
  writeFileSync(join(folder, 'relock.yaml'), lines.join('\n'));
  return folder;
}

describe('relock codec', () => {
  it('new-key --ids makes it once, id tells ids by it, another process the same', async () => {
    const folder = estateFolder('{ opaqueIds: .relock/ids.key }');
    const file = join(folder, '.relock', 'ids.key');
    const made = await runHere(folder, ['codec', 'new-key', '--ids']);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const content = readFileSync(file, 'utf8');
    const again = await runHere(folder, ['codec', 'new-key', '--ids']);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain('is there already; nothing was changed');
    expect(readFileSync(file, 'utf8')).toBe(content);
    const ids = idsBy(file);
    const told = (...args: string[]) => runHere(folder, ['codec', 'id', ...args]);
    const elsewhere = await runRelock(folder, ['codec', 'id', 'rotate', credential]);
    expect(elsewhere.stdout).toBe(`${ids.rotation(credential)}\n`);
    expect((await told('incident', 'itron/inc-42')).stdout).toBe(`${ids.incident(incident)}\n`);
    expect((await told('due', 'itron/30', '--json')).stdout).toContain(ids.due(group));
    const wrong = await Promise.all([told('rotate', 'Not An Id'), told('due', 'itron'), told('zone', 'dmz')]);
    expect(wrong.map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(made.stdout + again.stderr).not.toContain(content.trim().split(' ').at(-1));
  });

  it('without the option ids are names, and there is no key to make', async () => {
    const folder = estateFolder('');
    expect((await runHere(folder, ['codec', 'id', 'rotate', credential])).stdout).toBe(`rotate/${credential}\n`);
    const refused = await runHere(folder, ['codec', 'new-key', '--ids']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('codec: { opaqueIds: .relock/ids.key }');
  });
});

it('without the key that relock.yaml names, whatever speaks to Temporal ends before it does anything', async () => {
  const folder = estateFolder('{ opaqueIds: ./ids.key, keyFile: ./codec.keys }');
  writeFileSync(join(folder, 'codec.keys'), `${newKeyLine(0)}\n`, { mode: 0o600 });
  const place = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const commands = [
    ['rotate', 'itron/svc'],
    ['incident', 'list'],
    ['incident', 'status', 'itron/inc-42'],
    ['incident', 'open', '--vendor', 'itron', '--reason', 'INC-42'],
    ['schedule', 'list'],
    ['schedule', 'apply'],
  ];
  const workers = [['worker'], ['dev']].map((command) => runRelock(folder, command, place));
  const ends = [
    ...(await Promise.all(workers)),
    ...(await Promise.all(commands.map((each) => runHere(folder, each, place)))),
  ];
  for (const [index, ended] of ends.entries()) {
    const command = [['worker'], ['dev'], ...commands][index] ?? [];
    expect(ended, command.join(' ')).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr, command.join(' ')).toContain('the key of ids that codec.opaqueIds names; nothing was touched');
  }
  const checked = await runHere(folder, ['check', '--json'], place);
  expect(checked.code).toBe(1);
  expect(JSON.parse(checked.stdout).findings).toContainEqual(
    expect.objectContaining({ severity: 'error', subject: 'codec.opaqueIds' }),
  );
}, 60_000);
