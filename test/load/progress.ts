import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const lookEveryMs = 250;

/** How many rotations of an incident have an end in the artifact store: each has a folder there. */
export class Progress {
  readonly #folder: string;
  readonly #isOver: () => boolean;

  constructor(folder: string, isOver: () => boolean) {
    this.#folder = folder;
    this.#isOver = isOver;
  }

  ended(): number {
    try {
      return readdirSync(this.#folder).length;
    } catch {
      return 0;
    }
  }

  /** false: the run is over before that many had ended. */
  async reaches(many: number): Promise<boolean> {
    while (this.ended() < many) {
      if (this.#isOver()) return this.ended() >= many;
      await delay(lookEveryMs);
    }
    return true;
  }
}
