import { spawnSync } from 'node:child_process';

/** What npm prints in that folder. Exit codes are not looked at: by them npm also says whether it found something. */
export function npm(folder: string, ...args: readonly string[]): string {
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  return spawnSync('npm', args, options).stdout;
}
