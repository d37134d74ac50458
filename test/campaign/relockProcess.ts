import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../src/servers/waitUntil.js';

/** A relock command that stays. */
export interface RelockProcess {
  send(signal: NodeJS.Signals): void;
  /** Returns when it is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** Starts it in that folder, and returns once it has said this on stderr. */
export async function startRelock(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  until: string,
): Promise<RelockProcess> {
  const child = spawn(process.execPath, ['--import', tsx, main, ...args], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const isThere = async () => {
    if (hasEnded(child)) throw new Error(`relock ${args.join(' ')} ended: ${said}`);
    return said.includes(until) ? true : undefined;
  };
  await waitUntil(isThere, { what: `"${until}" from relock ${args.join(' ')}`, timeoutMs: 90_000 });
  return {
    send: (signal) => void child.kill(signal),
    async end(signal) {
      if (hasEnded(child)) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
