import { type FaultProxy, startFaultProxy } from '../../harness/faultProxy.js';
import type { Passage } from '../../harness/proxiedConnection.js';
import type { Line } from '../estate.js';

/** Longer than a caller waits, shorter than relock thinks that something it sent can still arrive. */
const lateMs = 4_500;

export interface OutgoingRequest {
  readonly line: Line;
  /** Counts from 1 on its line, since the last `count`. */
  readonly number: number;
  /** Of an HTTP request, its first line; else empty. */
  readonly head: string;
}

/** Every line of one estate, each through a proxy; the proxies are the clock of a run. */
export class Wires {
  readonly #proxies = new Map<string, { readonly line: Line; readonly proxy: FaultProxy }>();
  #counts = new Map<string, number>();
  #onRequest: (request: OutgoingRequest) => Promise<Passage> = async () => 'pass';

  /** For an estate's start. */
  readonly through = async (line: Line): Promise<string> => {
    const decide = ({ text }: { text: string }) => this.#decide(line, text);
    const proxy = await startFaultProxy({ ...line, decide, lateMs });
    this.#proxies.set(line.id, { line, proxy });
    return proxy.address;
  };

  /** From now on requests are counted anew, and this is asked about each. */
  count(onRequest: (request: OutgoingRequest) => Promise<Passage>): void {
    this.#counts = new Map();
    this.#onRequest = onRequest;
  }

  /** Everything passes. */
  passAll(): void {
    this.#onRequest = async () => 'pass';
  }

  proxy(line: string): FaultProxy {
    const known = this.#proxies.get(line);
    if (known === undefined) throw new Error(`no line ${line}`);
    return known.proxy;
  }

  /** Every line is up, nothing hangs, and what was held back has arrived. */
  async heal(): Promise<void> {
    this.passAll();
    await Promise.all([...this.#proxies.values()].map(({ proxy }) => proxy.up().then(() => proxy.settle())));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map(({ proxy }) => proxy.close()));
  }

  #decide(line: Line, text: string): Promise<Passage> {
    const number = (this.#counts.get(line.id) ?? 0) + 1;
    this.#counts.set(line.id, number);
    const head = line.speaks === 'http' ? (text.split('\r\n', 1)[0] ?? '') : '';
    return this.#onRequest({ line, number, head });
  }
}
