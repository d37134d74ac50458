import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { starter } from '../../src/cli/init/starter.js';
import { loadEstate } from '../../src/config/loadEstate.js';
import { temporaryFolder } from './estateFile.js';

/** Read with the product's drivers, beside files of the names that it mentions. */
function load(text: string, files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, 'relock.yaml'), text);
  return loadEstate(join(folder, 'relock.yaml'), { environment: {}, now: Date.now });
}

it('the example of docs/configuration.md is right', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const example = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';
  const approvers = /```allowed_signers\n(.*?)```/s.exec(page)?.[1] ?? '';
  const loaded = load(example, { approvers, 'relock.role-id': 'x\n' });
  expect('problems' in loaded ? loaded.problems : []).toEqual([]);
  expect('estate' in loaded && loaded.estate.credentials.size).toBe(3);
  expect('estate' in loaded && loaded.estate.approvals?.signers.length).toBe(3);
});

it('what relock init suggests in comments is right once the marks are taken away and a pin is added', () => {
  const pinned = `    address: 10.1.2.3:22\n    hostKey: "SHA256:${'A'.repeat(43)}"`;
  const text = starter
    .replace('targets: {}\n', 'targets:\n')
    .replace('credentials: []\n', 'credentials:\n')
    .replace(/^#( {2})/gm, '$1')
    .replace('    address: 10.1.2.3:22', pinned);
  const loaded = load(text, { 'vault.key': 'x\n' });
  expect('problems' in loaded ? loaded.problems : []).toEqual([]);
  expect('estate' in loaded && [...loaded.estate.credentials.keys()]).toEqual(['itron/headend-svc']);
});
