import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `$RELOCK_CACHE`, else `$XDG_CACHE_HOME/relock`, else `~/.cache/relock`. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { RELOCK_CACHE: own, XDG_CACHE_HOME: shared } = environment;
  if (own) return own;
  return join(shared || join(homedir(), '.cache'), 'relock');
}

export function cachedProgram(slot: string, program: string): string {
  return join(cacheFolder(), 'servers', slot, program);
}

/**
 * Fills a slot: `produce` leaves the program in the folder it is given and returns its path; what the program needs
 * beside it goes into `slot`, from where nothing may be named by an absolute path. The slot appears whole, by
 * one rename; when two processes fill it at once, the first one's stays and both get its path.
 */
export async function fillSlot(
  slot: string,
  program: string,
  produce: (folder: string, slot: string) => Promise<string>,
): Promise<string> {
  const root = join(cacheFolder(), 'servers');
  await mkdir(root, { recursive: true });
  const folder = await mkdtemp(join(root, `.${slot}-`));
  try {
    const ready = join(folder, 'slot');
    await mkdir(ready);
    await rename(await produce(folder, ready), join(ready, program));
    await chmod(join(ready, program), 0o755);
    await rename(ready, join(root, slot)).catch((error: unknown) => {
      if (!existsSync(cachedProgram(slot, program))) throw error;
    });
    return cachedProgram(slot, program);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
