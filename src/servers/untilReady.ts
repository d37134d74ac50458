import { readFile } from 'node:fs/promises';
import type { ServerProcess } from './spawnServer.js';

const logLines = 5;

export interface StartingServer {
  /** For the message, such as `the Temporal dev server at 127.0.0.1:7233`. */
  readonly what: string;
  readonly server: ServerProcess;
  readonly logFile: string;
}

/**
 * Waits until a server that was just started is ready. When it ends first, throws with the last lines of its log; when
 * `ready` rejects, the server is killed and that error thrown.
 */
export async function untilReady({ what, server, logFile }: StartingServer, ready: Promise<unknown>): Promise<void> {
  const early = server.ended.then(async () => {
    throw new Error(`${what} ended before it answered. Its log, ${logFile}, ends:\n${await endOf(logFile)}`);
  });
  // Ends that come later are not ours to report.
  early.catch(() => undefined);
  ready.catch(() => undefined);
  try {
    await Promise.race([ready, early]);
  } catch (error) {
    await server.kill();
    throw error;
  }
}

async function endOf(logFile: string): Promise<string> {
  return (await readFile(logFile, 'utf8')).trim().split('\n').slice(-logLines).join('\n');
}
