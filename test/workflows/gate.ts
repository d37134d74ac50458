import type { MemoryBench } from './memoryBench.js';

export interface Gate {
  /** Settles when the call has come to the gate. */
  readonly reached: Promise<void>;
  open(): void;
}

/** Holds the first call of this verb on this target, before or after it does its work. */
export function gateAt(bench: MemoryBench, when: 'before' | 'after', verb: string, target: string): Gate {
  const reached = latch();
  const opened = latch();
  let first = true;
  bench.meddling = {
    [when]: async (called: string, at: string) => {
      if (!first || called !== verb || at !== target) return;
      first = false;
      reached.release();
      await opened.released;
    },
  };
  return { reached: reached.released, open: opened.release };
}

/** Loses the answer of the first such call: it was done, and the caller does not hear of it. */
export function loseAnswer(bench: MemoryBench, verb: string, target: string, error: Error): void {
  let first = true;
  bench.meddling = {
    async after(called, at) {
      if (!first || called !== verb || at !== target) return;
      first = false;
      throw error;
    },
  };
}

function latch(): { readonly released: Promise<void>; release(): void } {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { released, release: () => release() };
}
