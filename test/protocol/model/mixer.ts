/** Calls of processes that work side by side: let through one at a time, in an order that a seed decides. */
export class Mixer {
  readonly #waiting: (() => void)[] = [];
  #random: number;
  #isDue = false;

  constructor(seed: number) {
    this.#random = seed | 1;
  }

  /** Returns when it is this call's turn. Every process has come as far as it can until then. */
  async turn(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#next();
    });
  }

  #next(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      const [chosen] = this.#waiting.splice(this.#choose(this.#waiting.length), 1);
      chosen?.();
      if (this.#waiting.length > 0) this.#next();
    });
  }

  /** xorshift32 */
  #choose(from: number): number {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    return (this.#random >>> 0) % from;
  }
}
