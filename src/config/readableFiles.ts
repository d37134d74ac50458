import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { quoted } from '../model/printable.js';

/** Why a file that settings name cannot be used, and what to write instead; null when it can. Paths start at relock.yaml's folder. */
export function readabilityProblem(baseDirectory: string, file: string): string | null {
  const path = resolve(baseDirectory, file);
  try {
    if (!statSync(path).isFile()) return `names ${quoted(path, 400)}, which is not a file; expected the path of a file`;
    accessSync(path, constants.R_OK);
    return null;
  } catch (error) {
    return `names ${quoted(path, 400)}, which ${reason(error)}; expected a file that this user can read: correct the path or its mode`;
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : 'cannot be read';
}
