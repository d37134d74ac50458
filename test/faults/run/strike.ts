import { setTimeout as delay } from 'node:timers/promises';
import type { Passage } from '../../harness/proxiedConnection.js';
import type { Case } from '../cases/cases.js';
import type { KnownSecret } from '../estate.js';
import type { Lane } from '../lane/lane.js';

/** An outage of a server ends by itself after this long. */
const outageMs = 4_000;
/** Events that are a way to behave, not an outage: they stay until the rotation has ended. */
const isBehaviour = (event: string) => / (answers|applies) /.test(event);

/** One fault in one run: when its request comes, it happens. */
export class Strike {
  readonly #lane: Lane;
  readonly #case: Case;
  readonly #persons: KnownSecret[] = [];
  readonly #underWay: Promise<unknown>[] = [];
  #phase: string | null = null;

  constructor(lane: Lane, fault: Case) {
    this.#lane = lane;
    this.#case = fault;
  }

  /** The phase in which that request is made when nothing is wrong; null: it never came. */
  get phase(): string | null {
    return this.#phase;
  }

  get persons(): readonly KnownSecret[] {
    return this.#persons;
  }

  arm(): void {
    this.#lane.wires.count(async ({ line, number }) => {
      if (this.#phase !== null || line.id !== this.#case.line || number !== this.#case.request) return 'pass';
      this.#phase = this.#case.phase;
      return this.#happen();
    });
  }

  /** What was begun has been done: a worker and Temporal are there again. Throws what went wrong with the harness itself. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #happen(): Promise<Passage> {
    const { fault, line } = this.#case;
    const { worker, temporal, rotations, wires } = this.#lane;
    switch (fault.on) {
      case 'wire':
        return fault.passage;
      case 'line':
        this.#later(wires.proxy(line).down(), fault.forMs, () => wires.proxy(line).up());
        return 'cutBefore';
      case 'worker':
        await worker.kill();
        this.#underWay.push(worker.start());
        return fault.passage;
      case 'workflow':
        await rotations.cancel();
        return 'pass';
      case 'temporal':
        this.#underWay.push(temporal.restart());
        return 'pass';
      case 'servers':
        await this.#tracked(this.#event(fault.event));
        return 'pass';
    }
  }

  /** The rotation may end before this has: nobody waits for a request that says goodbye. */
  #tracked(event: Promise<void>): Promise<void> {
    this.#underWay.push(event);
    return event;
  }

  async #event(name: string): Promise<void> {
    const { estate } = this.#lane;
    const person = await estate.events[name]?.();
    if (person) this.#persons.push(person);
    else if (!isBehaviour(name)) this.#later(Promise.resolve(), outageMs, () => estate.heal());
  }

  #later(first: Promise<unknown>, ms: number, then: () => Promise<unknown>): void {
    this.#underWay.push(first.then(() => delay(ms)).then(then));
  }
}
