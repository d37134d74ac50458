import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServerProcess, spawnServer } from '../../../src/servers/spawnServer.js';
import { waitUntil } from '../../../src/servers/waitUntil.js';
import { type Ended, runNode } from '../../cli/runRelock.js';

/** Which relock is put under fire: `sources` needs no build, `built` starts faster. */
export type Build = 'sources' | 'built';

const fileIn = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

function commandOf(build: Build): readonly string[] {
  if (build === 'built') return [fileIn('bin/relock.js')];
  return ['--import', import.meta.resolve('tsx'), fileIn('src/cli/main.ts')];
}

export interface RelockPlace {
  readonly build: Build;
  /** Has relock.yaml. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A relock command, run to its end. */
export function relockCommand({ build, folder, environment }: RelockPlace, args: readonly string[]): Promise<Ended> {
  return runNode([...commandOf(build), ...args], folder, environment);
}

/** `relock worker` as a process of its own, which really dies. */
export class WorkerProcess {
  readonly #place: RelockPlace;
  readonly #logFile: string;
  #process: ServerProcess | null = null;

  constructor(place: RelockPlace) {
    this.#place = place;
    this.#logFile = join(place.folder, 'worker.log');
  }

  /** Returns once it takes work. */
  async start(): Promise<void> {
    const { build, folder, environment } = this.#place;
    const before = this.#log().length;
    const config = ['--config', join(folder, 'relock.yaml')];
    const started = await spawnServer({
      command: process.execPath,
      args: [...commandOf(build), ...config, 'worker', '--log-level', 'debug'],
      logFile: this.#logFile,
      env: { ...process.env, ...environment },
    });
    this.#process = started;
    const ready = async () => {
      const said = this.#log().slice(before);
      if (started.hasEnded()) throw new Error(`relock worker ended: ${said}`);
      return said.includes('worker started') || undefined;
    };
    await waitUntil(ready, { what: 'a worker', timeoutMs: 120_000, intervalMs: 100 });
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#process = null;
  }

  /** Also when it ended by itself. */
  async ensure(): Promise<void> {
    if (this.#process === null || this.#process.hasEnded()) await this.start();
  }

  #log(): string {
    try {
      return readFileSync(this.#logFile, 'utf8');
    } catch {
      return '';
    }
  }
}
