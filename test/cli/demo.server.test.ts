import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Estate } from '../../src/config/estate.js';
import { loadEstate } from '../../src/config/loadEstate.js';
import { effectContext } from '../contract/targetDriver.harness.js';

const relock = fileURLToPath(new URL('../../bin/relock.js', import.meta.url));
const mostMs = 90_000;
/** The first run on a machine fetches the server. */
const patienceMs = 300_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'relock-demo-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly texts: { stdout: string; stderr: string };
  readonly ended: Promise<number | null>;
}

/** The built command, as `npm run demo` starts it; its own folder is made inside the test's. */
function start(...args: readonly string[]): Running {
  const command = ['--pdeathsig', 'KILL', process.execPath, relock, ...args];
  const child = spawn('setpriv', command, {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  return { child, texts, ended: once(child, 'close').then(([code]) => code) };
}

async function everyFile(): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Everything secret that either vault gives to readers after the demo. */
async function secretsOf(estate: Estate): Promise<readonly string[]> {
  const values: string[] = [];
  for (const vault of estate.vaults.values()) {
    for (const path of await vault.list('', effectContext())) {
      const { password, private_key } = (await vault.read(path, 'current', effectContext())).revealAll();
      // JSON would break a key at its line ends, so one line from its secret half is looked for.
      values.push(...[password, private_key?.split('\n')[4]].filter((value) => value !== undefined));
    }
  }
  return values;
}

function listens(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = createConnection({ host, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

describe('relock demo', () => {
  it('goes as told, proves it by logins, leaves evidence and no secret', { timeout: patienceMs }, async () => {
    const { texts, ended } = start('--json', 'demo', '--yes');
    expect({ code: await ended, ...texts }).toMatchObject({ code: 0 });
    const told: { folder: string; seconds: number; asTold: boolean; credentials: { state: string }[] } = JSON.parse(
      texts.stdout,
    );
    expect(told.asTold).toBe(true);
    const states = told.credentials.map(({ state }) => state).sort();
    expect(states.filter((state) => state === 'rotated')).toHaveLength(26);
    expect(states.filter((state) => state !== 'rotated')).toEqual(['replaced', 'untouched', 'untouched', 'unverified']);
    for (const line of [
      '36 logins: 34 open, 2 gave no answer',
      '30 credentials on 12 targets',
      'approved by --yes',
      'with the stolen secrets, 36 logins: 1 open, 32 refused, 3 gave no answer',
      'with what the vault gives now, 36 logins: 33 open, 3 gave no answer',
    ]) {
      expect(texts.stderr).toContain(line);
    }
    const fetched = texts.stderr.includes('download');
    if (!fetched) expect(told.seconds * 1000).toBeLessThan(mostMs);

    const loaded = loadEstate(join(told.folder, 'relock.yaml'), { environment: {}, now: Date.now });
    if ('problems' in loaded) throw new Error('the relock.yaml that the demo left has problems');
    const secrets = await secretsOf(loaded.estate);
    expect(secrets.length).toBeGreaterThan(50);
    const files = await everyFile();
    expect(files.filter((file) => file.includes('/evidence/')).length).toBeGreaterThan(30);
    const written = await Promise.all(files.map((file) => readFile(file, 'latin1')));
    const shown = [texts.stdout, texts.stderr, ...written].join('\n');
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
  });

  it('without a terminal and --yes: exit 2, and nothing is started', async () => {
    const { texts, ended } = start('demo');
    expect(await ended).toBe(2);
    expect(texts.stderr).toContain('--yes');
    expect(await readdir(folder)).toEqual([]);
  });

  it('SIGINT in the middle: everything that it started is gone', { timeout: patienceMs }, async () => {
    const { child, texts, ended } = start('demo', '--yes');
    const midway = new Promise<void>((resolve) => {
      child.stdout?.on('data', () => {
        if (texts.stdout.includes('approved by --yes')) resolve();
      });
    });
    await Promise.race([midway, ended]);
    const [address = ''] = /127\.0\.0\.1:\d+/.exec(texts.stdout) ?? [];
    expect(await listens(address)).toBe(true);
    child.kill('SIGINT');
    expect(await ended).toBe(1);
    expect(texts.stderr).toContain('interrupted');
    expect(await listens(address)).toBe(false);
    expect(existsSync(folder) ? await readdir(folder) : null).toEqual([]);
  });
});
