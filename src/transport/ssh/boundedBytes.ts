/** Collects chunks up to a size and drops the rest: a device that never stops talking must not fill our memory. */
export class BoundedBytes {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  overflowed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Buffer): void {
    const room = this.#limit - this.#size;
    if (chunk.length > room) this.overflowed = true;
    const kept = chunk.subarray(0, room);
    this.#chunks.push(kept);
    this.#size += kept.length;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
