import type { CallContext } from '../../contracts/context.js';
import type { Instant } from '../../model/time.js';

/** The longest span that a Node timer takes. */
const longestTimerMs = 2_147_483_647;

/** Why waiting ended before there was an answer. */
export class Interrupted extends Error {
  readonly reason: 'timeout' | 'dropped';

  constructor(reason: 'timeout' | 'dropped') {
    super(reason);
    this.name = 'Interrupted';
    this.reason = reason;
  }
}

/** A call's signal and deadline as one signal, with a timer that holds the process until `dispose`. */
export class Scope {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal;
  readonly #abort = () => this.#controller.abort();

  constructor(context: CallContext, now: Instant = Date.now()) {
    this.#outer = context.signal;
    this.#outer.addEventListener('abort', this.#abort, { once: true });
    this.#timer = setTimeout(this.#abort, Math.min(Math.max(0, context.deadline - now), longestTimerMs));
    if (context.signal.aborted || context.deadline <= now) this.#abort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#abort);
  }
}

/** Waits for `start` to settle; rejects with Interrupted as soon as the signal aborts. */
export function interruptible<T>(
  signal: AbortSignal,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const interrupted = () => reject(signal.reason instanceof Interrupted ? signal.reason : new Interrupted('timeout'));
    const settle = () => signal.removeEventListener('abort', interrupted);
    if (signal.aborted) {
      interrupted();
      return;
    }
    signal.addEventListener('abort', interrupted, { once: true });
    start(
      (value) => {
        settle();
        resolve(value);
      },
      (error) => {
        settle();
        reject(error);
      },
    );
  });
}
