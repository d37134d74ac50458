import type { Problem } from './estate.js';

/** Where something stands in relock.yaml: keys and indexes from the root. */
export type ConfigPath = readonly (string | number)[];

/** Collects everything that is wrong, so that a person hears it at once. */
export class ProblemList {
  readonly #problems: Problem[] = [];

  constructor(
    private readonly file: string,
    private readonly lineOf: (path: ConfigPath) => number | null,
  ) {}

  add(path: ConfigPath, message: string): void {
    this.#problems.push({ file: this.file, line: this.lineOf(path), message });
  }

  /** In the order of the file. */
  sorted(): readonly Problem[] {
    return [...this.#problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  }

  get isEmpty(): boolean {
    return this.#problems.length === 0;
  }
}
