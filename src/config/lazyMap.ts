/** A read-only map whose values are made when first asked for, and kept. What making one throws, `get` throws. */
export class LazyMap<Value> implements ReadonlyMap<string, Value> {
  readonly #made = new Map<string, Value>();

  constructor(private readonly makers: ReadonlyMap<string, () => Value>) {}

  get size(): number {
    return this.makers.size;
  }

  has(key: string): boolean {
    return this.makers.has(key);
  }

  get(key: string): Value | undefined {
    const made = this.#made.get(key);
    if (made !== undefined) return made;
    const value = this.makers.get(key)?.();
    if (value !== undefined) this.#made.set(key, value);
    return value;
  }

  keys(): MapIterator<string> {
    return this.makers.keys();
  }

  *values(): Generator<Value, undefined> {
    for (const [, value] of this) yield value;
  }

  *entries(): Generator<[string, Value], undefined> {
    for (const key of this.makers.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  forEach(visit: (value: Value, key: string, map: ReadonlyMap<string, Value>) => void): void {
    for (const [key, value] of this) visit(value, key, this);
  }

  [Symbol.iterator](): Generator<[string, Value], undefined> {
    return this.entries();
  }
}
