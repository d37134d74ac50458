import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../transport/files/durableFile.js';
import { readName } from './fileNames.js';
import type { FileProblems } from './fileProblems.js';

/** Paths of all secrets below a folder, in no order. A folder that is not there has none. */
export async function listFiles(folder: string, problems: FileProblems): Promise<readonly string[]> {
  const found: string[] = [];

  async function walk(at: string, prefix: string): Promise<void> {
    for (const entry of await entries(at)) {
      const name = readName(entry.name, entry.isDirectory());
      if (name.kind === 'misnamed') throw problems.misnamed(join(at, entry.name), name.expected);
      if (name.kind === 'secret') found.push(`${prefix}${name.name}`);
      if (name.kind === 'folder') await walk(join(at, entry.name), `${prefix}${name.name}/`);
    }
  }

  await walk(folder, '');
  return found;
}

async function entries(folder: string): Promise<readonly Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
}
