import type { Instant, Millis } from '../../src/model/time.js';

interface Due {
  readonly at: Instant;
  readonly act: () => Promise<void>;
}

/** Time that passes only when somebody says so; what was put off until then happens on the way, in order. */
export class VirtualTime {
  #now: Instant;
  #due: readonly Due[] = [];

  constructor(now: Instant) {
    this.#now = now;
  }

  readonly now = (): Instant => this.#now;

  later(afterMs: Millis, act: () => Promise<void>): void {
    this.#due = [...this.#due, { at: this.#now + afterMs, act }].sort((one, other) => one.at - other.at);
  }

  get putOff(): number {
    return this.#due.length;
  }

  async passTo(until: Instant): Promise<void> {
    for (let next = this.#due[0]; next !== undefined && next.at <= until; next = this.#due[0]) {
      this.#due = this.#due.slice(1);
      this.#now = Math.max(this.#now, next.at);
      await next.act();
    }
    this.#now = Math.max(this.#now, until);
  }

  async pass(forMs: Millis): Promise<void> {
    await this.passTo(this.#now + forMs);
  }
}
