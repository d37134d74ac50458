import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/servers/freePort.js';
import { spawnServer } from '../../src/servers/spawnServer.js';
import { waitUntil } from '../../src/servers/waitUntil.js';

/** A relock command that stays; it does not outlive the test. */
export interface RelockProcess {
  /** What it wrote to stdout and stderr. */
  output(): string;
  send(signal: NodeJS.Signals): void;
  /** Returns when it is gone. */
  kill(): Promise<void>;
  /** Asks it to end. Returns when it is gone. */
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** Starts it on that folder's relock.yaml, and returns once it has said this. */
export async function startRelock(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  until: string,
): Promise<RelockProcess> {
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const logFile = join(folder, 'logs', `${args[0]}-${await freePort()}.log`);
  const server = await spawnServer({
    command: process.execPath,
    args: ['--import', tsx, main, '--config', join(folder, 'relock.yaml'), ...args],
    logFile,
    env: { ...process.env, ...environment },
  });
  const output = () => readFileSync(logFile, 'utf8');
  const said = async () => {
    if (server.hasEnded()) throw new Error(`relock ${args.join(' ')} ended: ${output()}`);
    return output().includes(until) ? true : undefined;
  };
  await waitUntil(said, { what: `"${until}" from relock ${args.join(' ')}`, timeoutMs: 180_000 });
  const send = (signal: NodeJS.Signals) => void process.kill(server.pid, signal);
  return { output, send, kill: server.kill, stop: () => server.stop(60_000) };
}
