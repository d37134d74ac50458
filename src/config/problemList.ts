import type { Problem } from './estate.js';

/** Where something stands in relock.yaml: keys and indexes from the root. */
export type ConfigPath = readonly (string | number)[];

/** More than this nobody reads; finding the line and a suggestion for each of 100,000 would take minutes. */
const maxProblems = 200;

/** Collects everything that is wrong, so that a person hears it at once. */
export class ProblemList {
  readonly #problems: Problem[] = [];

  constructor(
    private readonly file: string,
    private readonly lineOf: (path: ConfigPath) => number | null,
  ) {}

  add(path: ConfigPath, message: string): void {
    if (this.isFull) return;
    this.#problems.push({ file: this.file, line: this.lineOf(path), message });
  }

  /** In the order of the file. */
  sorted(): readonly Problem[] {
    const inOrder = [...this.#problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
    if (!this.isFull) return inOrder;
    const message = `more may be wrong than the ${maxProblems} places that are named here; correct these first`;
    return [...inOrder, { file: this.file, line: null, message }];
  }

  /** Looking on finds nothing that would be told. */
  get isFull(): boolean {
    return this.#problems.length >= maxProblems;
  }

  get isEmpty(): boolean {
    return this.#problems.length === 0;
  }
}
