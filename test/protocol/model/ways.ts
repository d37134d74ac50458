/** Every way out of a phase that can be seen from outside: where it goes on, or how it ends. Never gone in 20,000 runs: the model has a hole. */
export const ways: Readonly<Record<string, readonly string[]>> = {};

/** Cells of the reconcile table, new × old, that can be met: the old one is asked only where the new one was refused, or to undo. */
export const cells: readonly string[] = [];
