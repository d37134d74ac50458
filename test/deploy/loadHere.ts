import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Estate } from '../../src/config/estate.js';
import { loadEstate } from '../../src/config/loadEstate.js';
import { productRegistries } from '../../src/config/productRegistries.js';

/** relock.yaml in a folder that goes with the test. */
export function loadHere(
  yaml: string,
  environment: Readonly<Record<string, string>>,
  registries = productRegistries,
): Estate {
  const folder = mkdtempSync(join(tmpdir(), 'relock-policies-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'relock.yaml'), yaml);
  const loaded = loadEstate(join(folder, 'relock.yaml'), { environment, now: Date.now, registries });
  if ('problems' in loaded) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.estate;
}
