import { setTimeout as delay } from 'node:timers/promises';
import { residentMemoryMb } from '../../bench/measure/cpu.js';
import type { ServerProcess } from '../../src/servers/spawnServer.js';

export type Life = Pick<ServerProcess, 'pid' | 'ended' | 'kill'>;

/** Before what ended by itself is started again. */
const reviveAfterMs = 3_000;

/** A program that is killed now and then, and started again at once. */
export class Mortal {
  readonly #start: (generation: number) => Promise<Life>;
  #life: Life | null = null;
  #stopped = false;
  #generation = 0;
  kills = 0;
  /** How often it ended by itself before it was stopped. */
  crashes = 0;

  constructor(start: (generation: number) => Promise<Life>) {
    this.#start = start;
  }

  async start(): Promise<void> {
    const life = await this.#start(this.#generation);
    this.#generation += 1;
    this.#life = life;
    void life.ended.then(() => this.#revive(life));
  }

  /** SIGKILL, and a new one. */
  async killAndStart(): Promise<void> {
    if (this.#stopped) return;
    this.kills += 1;
    await this.#end();
    if (!this.#stopped) await this.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#end();
  }

  /** What ends from now on is not needed any more. */
  release(): void {
    this.#stopped = true;
  }

  /** Resident memory now, in MiB; 0: it has just ended. */
  residentMb(): number {
    try {
      return this.#life === null ? 0 : Math.round(residentMemoryMb(this.#life.pid));
    } catch {
      return 0;
    }
  }

  async #end(): Promise<void> {
    const life = this.#life;
    this.#life = null;
    await life?.kill();
  }

  async #revive(life: Life): Promise<void> {
    if (this.#life !== life) return;
    await delay(reviveAfterMs);
    if (this.#life !== life || this.#stopped) return;
    this.crashes += 1;
    await this.start();
  }
}
