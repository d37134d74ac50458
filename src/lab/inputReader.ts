import type { Readable } from 'node:stream';

/** Reads a command's input in pieces. Every byte is one character (latin1). One reader at a time. */
export class InputReader {
  #text = '';
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(input: Readable) {
    input.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake();
    });
    const end = () => {
      this.#ended = true;
      this.#wake();
    };
    for (const event of ['end', 'close', 'error']) input.on(event, end);
  }

  /** Without its line end; null: the input ended before one. */
  async line(): Promise<string | null> {
    const text = await this.#take(() => {
      const end = this.#text.indexOf('\n');
      return end < 0 ? null : end + 1;
    });
    return text === null ? null : text.slice(0, -1);
  }

  /** Exactly so many bytes; null: the input ended before. */
  bytes(count: number): Promise<string | null> {
    return this.#take(() => (this.#text.length >= count ? count : null));
  }

  async #take(lengthOf: () => number | null): Promise<string | null> {
    for (;;) {
      const length = lengthOf();
      if (length !== null) {
        const taken = this.#text.slice(0, length);
        this.#text = this.#text.slice(length);
        return taken;
      }
      if (this.#ended) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
