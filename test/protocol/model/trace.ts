/** What happened, told only when somebody asks: most scenarios end well, and nobody does. */
export class Trace {
  readonly #lines: (() => string)[] = [];

  say(line: () => string): void {
    this.#lines.push(line);
  }

  get length(): number {
    return this.#lines.length;
  }

  told(): readonly string[] {
    return this.#lines.map((line) => line());
  }
}
