import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FolderStore } from '../../src/artifacts/folder/folderStore.js';
import { describeArtifactStore } from './artifactStore.suite.js';
import { callContext } from './vaultBackend.harness.js';

let base: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'relock-artifacts-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

const store = () => new FolderStore(join(base, 'evidence'));
describeArtifactStore('folder', store);

test('what a crash left unfinished is no artifact, and nothing unfinished stays after a put', async () => {
  await store().put('plan/one', Buffer.from('1'), callContext());
  await writeFile(join(base, 'evidence', 'plan', '.unfinished'), 'half');
  expect(await store().list('plan/', callContext())).toEqual(['plan/one']);
  expect((await readdir(join(base, 'evidence', 'plan'))).sort()).toEqual(['.unfinished', 'one']);
});

test('a file in the way of a folder is named', async () => {
  await store().put('file', Buffer.from('1'), callContext());
  await expect(store().put('file/below', Buffer.from('1'), callContext())).rejects.toMatchObject({
    code: 'Misconfigured',
    message: expect.stringContaining('file/below'),
  });
});
