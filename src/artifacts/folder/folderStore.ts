import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactKey, ArtifactStore } from '../../contracts/artifactStore.js';
import type { CallContext } from '../../contracts/context.js';
import { DriverError, type DriverErrorFields } from '../../model/errors.js';
import { createFile, hasCode } from '../../transport/files/durableFile.js';
import { effectOfFailedWrite, fileProblem } from '../../transport/files/fileProblem.js';

/** No segment begins with a dot: so there is no "..", and what a crash left unfinished is never taken for an artifact. */
const keyForm = /^[a-z0-9_-][a-z0-9._-]*(\/[a-z0-9_-][a-z0-9._-]*)*$/;

/** Artifacts as files in a folder, one per key, which are never changed once they have their name. */
export class FolderStore implements ArtifactStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async put(key: ArtifactKey, bytes: Uint8Array, context: CallContext): Promise<void> {
    const file = this.#fileOf(key, context);
    const created = await this.#writing(key, () => createFile(file, join(dirname(file), `.${randomUUID()}`), bytes));
    if (created || Buffer.from(bytes).equals(await this.get(key, context))) return;
    const message = `${key} is already stored in ${this.#root} with other content, which was left as it is. Artifacts are written once: use another key`;
    throw this.#error(key, { code: 'Conflict', message });
  }

  async get(key: ArtifactKey, context: CallContext): Promise<Uint8Array> {
    const file = this.#fileOf(key, context);
    return this.#reading(key, () => readFile(file));
  }

  async list(prefix: ArtifactKey, context: CallContext): Promise<readonly ArtifactKey[]> {
    this.#requireTime(prefix, context);
    // Other incidents' results may be a hundred thousand files: only the folder that the prefix names is walked.
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (folder !== '' && !keyForm.test(folder.slice(0, -1))) return [];
    const keys = await this.#reading(prefix, () => keysBelow(join(this.#root, ...folder.split('/')), folder));
    return keys.filter((key) => key.startsWith(prefix)).sort();
  }

  #fileOf(key: ArtifactKey, context: CallContext): string {
    this.#requireTime(key, context);
    if (keyForm.test(key)) return join(this.#root, ...key.split('/'));
    const message = `${JSON.stringify(key)} cannot be an artifact's key; nothing was done. Keys are lower-case: a-z 0-9 . _ - and /, no part beginning with a dot`;
    throw this.#error(key, { code: 'Misconfigured', message });
  }

  #requireTime(key: ArtifactKey, context: CallContext): void {
    if (!context.signal.aborted && Date.now() < context.deadline) return;
    throw this.#error(key, { code: 'Timeout', message: `${key}: the time allowed was over before anything was done` });
  }

  async #reading<Result>(key: ArtifactKey, work: () => Promise<Result>): Promise<Result> {
    return work().catch((error: unknown) => {
      const { code, text } = fileProblem(error);
      throw this.#error(key, { code, message: `${key} in ${this.#root} ${text}. Nothing was changed` });
    });
  }

  async #writing<Result>(key: ArtifactKey, work: () => Promise<Result>): Promise<Result> {
    return work().catch((error: unknown) => {
      const { code, text } = fileProblem(error);
      const effect = effectOfFailedWrite(error);
      throw this.#error(key, { code, effect, message: `${key} in ${this.#root} ${text}. Putting it again is safe` });
    });
  }

  #error(subject: string, rest: Pick<DriverErrorFields, 'code' | 'message'> & Partial<DriverErrorFields>): DriverError {
    return new DriverError({ effect: 'none', driver: 'folder', subject, ...rest });
  }
}

/** Keys of all files below a folder; one that is not there yet, or is a file, has none. */
async function keysBelow(folder: string, prefix: string): Promise<readonly ArtifactKey[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return [];
    throw error;
  });
  const named = entries.filter((entry) => !entry.name.startsWith('.'));
  const keys = await Promise.all(
    named.map(async (entry) => {
      const name = `${prefix}${entry.name}`;
      return entry.isDirectory() ? keysBelow(join(folder, entry.name), `${name}/`) : [name];
    }),
  );
  return keys.flat();
}
