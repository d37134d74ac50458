import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findProgram } from '../../src/servers/findServer.js';
import { AgeDocuments } from '../../src/vaults/file/ageDocuments.js';
import { createIdentity } from '../../src/vaults/file/identity.js';
import { say } from '../harness/say.js';
import { callContext, opening, password, vaultOver } from './vaultBackend.harness.js';

const run = promisify(execFile);

let age: string;
let base: string;

beforeAll(async () => {
  age = await findProgram('age', say);
  base = await mkdtemp(join(tmpdir(), 'relock-stock-age-'));
});

afterAll(() => rm(base, { recursive: true, force: true }));

test('the stock age program opens what relock wrote, and relock opens what it wrote', async () => {
  const root = join(base, 'vault');
  const identityFile = join(base, 'vault.key');
  await mkdir(join(root, 'itron'), { recursive: true });
  const recipient = await createIdentity(identityFile);
  const file = join(root, 'itron', 'headend-svc.age');

  const byPerson = run(age, ['-r', recipient, '-o', file]);
  byPerson.child.stdin?.end('{"username": "svc", "password": "old-1", "port": 22}\n');
  await byPerson;
  const vault = vaultOver(new AgeDocuments(root, identityFile));
  const mine = opening();
  const opened = await vault.open('itron/headend-svc', mine, callContext());
  await vault.stage('itron/headend-svc', mine, async () => password('new-1'), callContext());
  const base_ = opened.kind === 'opened' ? opened.record.base : null;
  expect(await vault.promote('itron/headend-svc', mine, base_, callContext())).toBe('promoted');

  const { stdout } = await run(age, ['-d', '-i', identityFile, file]);
  expect(JSON.parse(stdout)).toEqual({ username: 'svc', password: 'new-1', port: 22 });
});
