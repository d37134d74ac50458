import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fields } from '../estate.js';
import { mustRun } from './run.js';

/** A new key pair, made by `ssh-keygen`. */
export async function makeKeyPair(comment: string): Promise<Fields & { readonly public_key: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'relock-faults-key-'));
  try {
    const file = join(folder, 'key');
    await mustRun('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
    const [private_key, publicLine] = await Promise.all([readFile(file, 'utf8'), readFile(`${file}.pub`, 'utf8')]);
    return { private_key, public_key: publicLine.trim() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
