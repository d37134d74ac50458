import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const fileMode = 0o600;
const folderMode = 0o700;

/**
 * Writes a whole file so that after a crash at any moment there is the old one or the new one, and after return the new
 * one. `temporary` is in the same folder; what is left there by a crash is taken away.
 */
export async function replaceFile(path: string, temporary: string, bytes: Uint8Array): Promise<void> {
  await makeFolder(dirname(path));
  // Not written into, for it might be a link to something else.
  await rm(temporary, { force: true });
  await writeSynced(temporary, bytes);
  await thenSyncFolder(dirname(path), () => rename(temporary, path));
}

/** The same for a file that must not exist yet. False: it does, and it is left as it is. */
export async function createFile(path: string, temporary: string, bytes: Uint8Array): Promise<boolean> {
  await makeFolder(dirname(path));
  await writeSynced(temporary, bytes);
  try {
    await thenSyncFolder(dirname(path), () => link(temporary, path));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Makes a folder and those above it, and makes their names durable. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: folderMode });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made))
    await thenSyncFolder(dirname(made), async () => {});
}

/** Whether Node said so about a file: `ENOENT`, `EEXIST` … */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', fileMode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Whatever can be refused is refused before `change`; after it, only the disk itself can fail. */
async function thenSyncFolder(path: string, change: () => Promise<void>): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await change();
    await folder.sync();
  } finally {
    await folder.close();
  }
}
