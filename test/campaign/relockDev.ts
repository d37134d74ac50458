import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/servers/freePort.js';
import { waitUntil } from '../../src/servers/waitUntil.js';

/** `relock dev` as a person starts it, to be killed and started again on the same data. */
export interface RelockDev {
  readonly environment: Readonly<Record<string, string>>;
  readonly uiAddress: string;
  /** Everything that it wrote to stdout and stderr, over all its starts. */
  output(): string;
  /** SIGKILL to relock; Temporal's server goes with it. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

export async function relockDev(
  folder: string,
  environment: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): Promise<RelockDev> {
  const [port, uiPort] = [await freePort(), await freePort()];
  const own = { ...environment, TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
  const args = ['--import', tsx, main, 'dev', '--port', String(port), '--ui-port', String(uiPort), '--data', './data'];
  let child: ChildProcess | null = null;
  let output = '';

  async function start(): Promise<void> {
    const started = spawn(process.execPath, [...args, ...options], {
      cwd: folder,
      env: { ...process.env, ...own },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let said = '';
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      output += chunk.toString();
    };
    started.stdout?.on('data', hear);
    started.stderr?.on('data', hear);
    const ready = async () => {
      if (started.exitCode !== null) return false;
      return said.includes('ready;') ? true : undefined;
    };
    if (!(await waitUntil(ready, { what: 'relock dev', timeoutMs: 180_000 })))
      throw new Error(`relock dev ended: ${said}`);
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (child === null || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  await start();
  const uiAddress = `http://127.0.0.1:${uiPort}`;
  return {
    environment: own,
    uiAddress,
    output: () => output,
    start,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}
