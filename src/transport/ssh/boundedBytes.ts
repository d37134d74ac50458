/** Collects bytes up to a size and drops the rest: a device that never stops talking must not fill our memory. */
export class BoundedBytes {
  readonly #limit: number;
  // A copy, for a part of a chunk would keep the whole of it.
  #room = Buffer.alloc(0);
  #size = 0;
  overflowed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Uint8Array): void {
    const kept = chunk.subarray(0, this.#limit - this.#size);
    if (kept.length < chunk.length) this.overflowed = true;
    const size = this.#size + kept.length;
    if (size > this.#room.length) this.#grow(Math.min(this.#limit, size * 2));
    this.#room.set(kept, this.#size);
    this.#size = size;
  }

  #grow(size: number): void {
    const room = Buffer.alloc(size);
    room.set(this.bytes());
    this.#room = room;
  }

  bytes(): Buffer {
    return this.#room.subarray(0, this.#size);
  }
}
