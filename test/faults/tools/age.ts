import { existsSync } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProgram } from '../../../src/servers/findServer.js';
import { say } from '../../harness/say.js';
import type { Fields } from '../estate.js';
import { mustRun } from './run.js';

/** A folder of files that stock `age` reads and writes. */
export interface AgeFolder {
  /** Makes the identity file, as its owner does once. */
  create(): Promise<void>;
  /** null: there is no such file. Throws when it cannot be decrypted, or the folder is not there. */
  read(path: string): Promise<Fields | null>;
  write(path: string, fields: Fields): Promise<void>;
  remove(path: string): Promise<void>;
}

export async function ageFolder(folder: string, identityFile: string): Promise<AgeFolder> {
  const age = await findProgram('age', say);
  const fileOf = (path: string) => join(folder, `${path}.age`);
  return {
    create: async () => {
      await mkdir(folder, { recursive: true });
      await mustRun('age-keygen', ['-o', identityFile]);
    },
    read: async (path) => {
      await access(folder);
      if (!existsSync(fileOf(path))) return null;
      return JSON.parse(await mustRun(age, ['-d', '-i', identityFile, fileOf(path)]));
    },
    write: async (path, fields) => {
      const file = fileOf(path);
      await mkdir(dirname(file), { recursive: true });
      const recipient = (await mustRun('age-keygen', ['-y', identityFile])).trim();
      await mustRun(age, ['-r', recipient, '-o', `${file}.by-hand`], { input: JSON.stringify(fields) });
      await rename(`${file}.by-hand`, file);
    },
    remove: (path) => rm(fileOf(path), { force: true }),
  };
}
