import { condition } from '@temporalio/workflow';
import type { CredentialId } from '../model/record.js';

export interface Windowed {
  readonly credential: CredentialId;
  /** `target/account` pairs; two that share one never run together. */
  readonly locks: readonly string[];
}

/** Whether and how a walk goes on. Asked anew whenever the workflow wakes up. */
export interface Walk<Item extends Windowed> {
  /** Nothing more is started. */
  isStopped(): boolean;
  /** The next may be started, if there is a place for it. */
  isOpen(): boolean;
  start(item: Item): Promise<void>;
}

/** Rotations under way together, so many at most. A parked one gives its place back, but keeps its targets' accounts. */
export class RotationWindow<Item extends Windowed> {
  readonly #size: number;
  readonly #running = new Map<CredentialId, Item>();
  readonly #parked = new Set<CredentialId>();

  constructor(size: number) {
    this.#size = size;
  }

  get running(): readonly CredentialId[] {
    return [...this.#running.keys()].filter((credential) => !this.#parked.has(credential));
  }

  get parked(): readonly CredentialId[] {
    return [...this.#parked];
  }

  /** Parked ones as well. */
  get all(): readonly Item[] {
    return [...this.#running.values()];
  }

  park(credential: CredentialId): void {
    if (this.#running.has(credential)) this.#parked.add(credential);
  }

  leave(credential: CredentialId): void {
    this.#running.delete(credential);
    this.#parked.delete(credential);
  }

  /** Starts every item in its turn, and returns when each has ended or is parked, or when nothing more is to be started. */
  async walk(items: readonly Item[], walk: Walk<Item>): Promise<void> {
    const waiting = [...items];
    while (waiting.length > 0) {
      await condition(() => walk.isStopped() || (this.#hasPlace(walk) && waiting.some((item) => this.#isFree(item))));
      if (walk.isStopped()) break;
      const next = waiting.findIndex((item) => this.#isFree(item));
      for (const item of waiting.splice(next, 1)) {
        this.#running.set(item.credential, item);
        await walk.start(item);
      }
    }
    await condition(() => this.running.length === 0);
  }

  #hasPlace(walk: Walk<Item>): boolean {
    return walk.isOpen() && this.running.length < this.#size;
  }

  #isFree(item: Item): boolean {
    const taken = new Set([...this.#running.values()].flatMap((running) => running.locks));
    return item.locks.every((lock) => !taken.has(lock));
  }
}
