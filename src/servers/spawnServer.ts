import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { programOnPath } from './sources.js';

export interface SpawnOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Gets stdout and stderr, appended. */
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface ServerProcess {
  readonly pid: number;
  /** Settles when the process has ended; never rejects. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** Asks it to end; kills it when it has not within `graceMs`. Returns when it is gone. */
  stop(graceMs?: number): Promise<void>;
  /** Kills it at once. Returns when it is gone. */
  kill(): Promise<void>;
}

// Kills its child when its own stdin ends, which happens when the parent is gone, however it went.
const guardScript = `
const { spawn } = require('node:child_process');
const [command, ...args] = process.argv.slice(1);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
process.stdin.on('end', () => child.kill('SIGKILL')).resume();
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', () => process.exit(127));
child.on('exit', (code) => process.exit(code ?? 1));
`;

/**
 * Starts a server in the background, in a process group of its own (a Ctrl-C at the terminal does not reach it), and so
 * that it never outlives this process, not even when this process is killed: by the kernel's parent-death signal where
 * `setpriv` is there, else by a small guard process that waits for the end of a pipe.
 */
export async function spawnServer(options: SpawnOptions): Promise<ServerProcess> {
  const setpriv = process.platform === 'linux' ? await programOnPath('setpriv').catch(() => undefined) : undefined;
  const guard =
    setpriv === undefined
      ? { command: process.execPath, args: ['-e', guardScript], killByPipe: true }
      : { command: setpriv, args: ['--pdeathsig', 'KILL', '--'], killByPipe: false };
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn(guard.command, [...guard.args, options.command, ...options.args], {
    detached: true,
    env: options.env ?? process.env,
    stdio: [guard.killByPipe ? 'pipe' : 'ignore', log, log],
  });
  closeSync(log);
  return serverProcess(child, await pidOf(child, options.command));
}

async function pidOf(child: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${command} could not be started: ${error.message}`)));
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
}

function serverProcess(child: ChildProcess, pid: number): ServerProcess {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const killNow = () => (child.stdin === null ? child.kill('SIGKILL') : child.stdin.end());
  return {
    pid,
    ended,
    hasEnded,
    async stop(graceMs = 10_000) {
      if (hasEnded()) return;
      child.kill('SIGTERM');
      const timer = setTimeout(killNow, graceMs);
      await ended;
      clearTimeout(timer);
    },
    async kill() {
      if (hasEnded()) return;
      killNow();
      await ended;
    },
  };
}
