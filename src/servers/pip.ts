import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fillSlot } from './cache.js';
import type { PipSource } from './catalogue.js';
import { runTool } from './runTool.js';

/** Puts a Python program and its dependencies into a slot, beside a small launcher, whose path it returns. */
export async function installPip(slot: string, program: string, source: PipSource): Promise<string> {
  return fillSlot(slot, program, async (folder, slotFolder) => {
    const extras = source.extras.length === 0 ? '' : `[${source.extras.join(',')}]`;
    const pin = `${source.project}${extras}==${source.version}`;
    const target = ['--no-cache-dir', '--target', join(slotFolder, 'site')];
    await runTool('python3', ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...target, pin], {
      timeoutMs: 240_000,
    });
    const launcher = join(folder, program);
    await writeFile(launcher, launcherScript(source.module));
    return launcher;
  });
}

function launcherScript(module: string): string {
  return `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
PYTHONPATH="$here/site" PYTHONSAFEPATH=1 exec python3 -m ${module} "$@"
`;
}
