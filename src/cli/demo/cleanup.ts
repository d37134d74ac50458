/** What was started, to be ended in the opposite order. */
export class Cleanup {
  readonly #steps: (() => Promise<void>)[] = [];

  defer(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /** Every step runs; the first failure is thrown at the end. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.splice(0).reverse()) {
      await step().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
