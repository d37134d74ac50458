import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { waitUntil } from '../../src/servers/waitUntil.js';

const saidSchema = z.object({ addresses: z.array(z.string()).min(1) });
const script = fileURLToPath(new URL('startAndHang.ts', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'relock-parent-'));
  // PostgreSQL, as a user of its own, has its folder in here.
  await chmod(folder, 0o711);
});
afterAll(() => rm(folder, { recursive: true }));

it('servers die with the process that started them, also when it is killed', async () => {
  const { parent, addresses } = await startParent([], {});
  for (const address of addresses) expect(await becomes(address, true)).toBe(true);
  await killed(parent);
  for (const address of addresses) expect(await becomes(address, false)).toBe(true);
});

it('so they do where there is no setpriv', async () => {
  const { parent, addresses } = await startParent(['listener'], { PATH: folder });
  for (const address of addresses) expect(await becomes(address, true)).toBe(true);
  await killed(parent);
  for (const address of addresses) expect(await becomes(address, false)).toBe(true);
});

async function startParent(args: string[], env: NodeJS.ProcessEnv) {
  const parent = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    // The parent's temporary folders are ours to remove: it will not have the time.
    env: { ...process.env, TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(parent.stdout), 'line');
  return { parent, ...saidSchema.parse(JSON.parse(line)) };
}

async function killed(parent: ChildProcess): Promise<void> {
  const exit = once(parent, 'exit');
  parent.kill('SIGKILL');
  await exit;
}

/** Waits until the address is open, or closed. */
function becomes(address: string, wanted: boolean): Promise<true> {
  const what = `${address} ${wanted ? 'opening' : 'closing'}`;
  return waitUntil(async () => (await isOpen(address)) === wanted || undefined, { what, timeoutMs: 10_000 });
}

async function isOpen(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
