import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { contentFromJson } from '../../src/ledger/jsonContent.js';
import { Secret } from '../../src/secret/secret.js';
import { AgeDocuments } from '../../src/vaults/file/ageDocuments.js';
import { vaultType } from '../../src/vaults/file/driver.js';
import { createIdentity } from '../../src/vaults/file/identity.js';
import { context } from '../transport/vaultApi.harness.js';
import { costOf } from './hostileSsh.js';

async function folder() {
  const root = mkdtempSync(join(tmpdir(), 'relock-files-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'vault'));
  await createIdentity(join(root, 'key'));
  const documents = new AgeDocuments(join(root, 'vault'), join(root, 'key'));
  await documents.write('readers', 'a', contentFromJson({ password: 'HUSH-old' }), 'no file', context());
  const settings = { path: 'vault', identityFile: 'key', recipients: [] };
  const vault = vaultType.create(settings, { now: Date.now, baseDirectory: root, environment: {} }, new Map());
  return { root, file: join(root, 'vault', 'a.age'), documents, vault };
}

type Place = Awaited<ReturnType<typeof folder>>;

const oneStanza = (file: Buffer) => {
  const head = file.toString('latin1');
  return {
    before: head.slice(0, head.indexOf('->')),
    stanza: head.slice(head.indexOf('->'), head.indexOf('\n--- ') + 1),
    rest: head.slice(head.indexOf('\n--- ') + 1),
  };
};

describe('a file that is not as relock wrote it', () => {
  it.each<[string, (place: Place) => void]>([
    ['empty', ({ file }) => writeFileSync(file, '')],
    ['truncated', ({ file }) => writeFileSync(file, readFileSync(file).subarray(0, -20))],
    ['truncated in its header', ({ file }) => writeFileSync(file, readFileSync(file).subarray(0, 60))],
    ['with more behind it', ({ file }) => writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('x')]))],
    [
      'for another key',
      ({ root, file }) => {
        execFileSync('age-keygen', ['-o', join(root, 'other')], { stdio: 'ignore' });
        const to = /age1[a-z0-9]+/.exec(readFileSync(join(root, 'other'), 'utf8'))?.[0] ?? '';
        execFileSync('age', ['-r', to, '-o', file], { input: '{"password":"HUSH"}' });
      },
    ],
    [
      'with a hundred thousand recipients',
      ({ file }) => {
        const { before, stanza, rest } = oneStanza(readFileSync(file));
        writeFileSync(file, Buffer.from(before + stanza.repeat(50_000) + rest, 'latin1'));
      },
    ],
    [
      'of 100 MB',
      ({ file }) => {
        const handle = openSync(file, 'r+');
        ftruncateSync(handle, 100_000_000);
        closeSync(handle);
      },
    ],
    [
      'a folder',
      ({ file }) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
    [
      'a pipe that nobody writes',
      ({ file }) => {
        rmSync(file);
        execFileSync('mkfifo', [file]);
      },
    ],
    [
      'a link to a device without end',
      ({ file }) => {
        rmSync(file);
        symlinkSync('/dev/zero', file);
      },
    ],
    [
      'a link to itself',
      ({ file }) => {
        rmSync(file);
        symlinkSync(file, file);
      },
    ],
  ])('%s: our own error, in time, and it is left as it is', async (_, damage) => {
    const place = await folder();
    damage(place);
    const { ms, megabytes } = await costOf(async () => {
      const read = place.documents.read('readers', 'a', context());
      await expect(read).rejects.toMatchObject({ name: 'DriverError', effect: 'none' });
      await expect(place.documents.read('readers', 'a', context())).rejects.not.toThrow(/HUSH/);
    });
    expect(ms).toBeLessThan(5_000);
    expect(megabytes).toBeLessThan(60);
    const findings = await place.vault.check(['a'], context());
    expect(findings).toMatchObject([{ path: 'a', severity: 'error' }]);
  });

  it('any flipped bit is noticed', async () => {
    const { file, documents } = await folder();
    const right = readFileSync(file);
    for (let at = 0; at < right.length; at += 3) {
      writeFileSync(file, Buffer.from(right.map((byte, index) => (index === at ? byte ^ 4 : byte))));
      await expect(documents.read('readers', 'a', context()), `byte ${at}`).rejects.toMatchObject({
        code: 'Misconfigured',
      });
    }
  });

  it('another writer in between: the file stays his, and we are told', async () => {
    const { documents } = await folder();
    const { revision } = await documents.read('readers', 'a', context());
    expect(await documents.write('readers', 'a', contentFromJson({ password: 'his' }), revision, context())).toBe(
      'written',
    );
    expect(await documents.write('readers', 'a', contentFromJson({ password: 'ours' }), revision, context())).toBe(
      'conflict',
    );
    expect(
      (await documents.read('readers', 'a', context())).content?.fields.equals(Secret.of({ password: 'his' }), [
        'password',
      ]),
    ).toBe(true);
  });

  it('a link where the new content is put together is not written through', async () => {
    const { root, file, documents } = await folder();
    const elsewhere = join(root, 'precious');
    writeFileSync(elsewhere, 'as it was');
    symlinkSync(elsewhere, `${file}.tmp`);
    const { revision } = await documents.read('readers', 'a', context());
    expect(await documents.write('readers', 'a', contentFromJson({ password: 'new' }), revision, context())).toBe(
      'written',
    );
    expect(readFileSync(elsewhere, 'utf8')).toBe('as it was');
  });
});

describe('a lock that is not as relock wrote it', () => {
  const write = async ({ documents }: Place) => {
    const { revision } = await documents.read('readers', 'a', context());
    return documents.write('readers', 'a', contentFromJson({ password: 'new' }), revision, context(500));
  };

  it.each<[string, (lock: string) => void]>([
    ['garbage', (lock) => writeFileSync(join(lock, '7'), 'garbage\0')],
    ['a lock of megabytes with a number that is too large', (lock) => writeFileSync(join(lock, '9'.repeat(30)), '')],
    ['other names', (lock) => writeFileSync(join(lock, '-1'), '{}')],
  ])('%s is taken over', async (_, damage) => {
    const place = await folder();
    damage(join(place.root, 'vault', '.relock', 'lock'));
    expect(await write(place)).toBe('written');
  });

  it('a folder in its place: an end at the deadline, and a word what to look at', async () => {
    const place = await folder();
    mkdirSync(join(place.root, 'vault', '.relock', 'lock', '7'));
    const { ms } = await costOf(async () => {
      await expect(write(place)).rejects.toThrow(/\.relock\/lock/);
      await expect(write(place)).rejects.toMatchObject({ code: 'Timeout', effect: 'none' });
    });
    expect(ms).toBeLessThan(6_000);
  });
});
