import type { ProbeAnswer } from '../../../src/model/probe.js';
import type { Command, End } from '../../../src/protocol/commands.js';
import { factsOf, type RotationState } from '../../../src/protocol/state.js';

/** How often each way out of a phase was taken, and each cell of the reconcile table was met. */
export interface Counts {
  readonly exits: Readonly<Record<string, number>>;
  readonly cells: Readonly<Record<string, number>>;
}

/** Which ways through the protocol were gone, by all processes of all scenarios. */
export class Coverage {
  readonly #exits = new Map<string, number>();
  readonly #cells = new Map<string, number>();

  /** One process that drives rotations. */
  walk(): Walk {
    return new Walk(this);
  }

  exit(from: string, to: string): void {
    count(this.#exits, `${from} → ${to}`);
  }

  cell(asNew: ProbeAnswer, asOld: ProbeAnswer): void {
    count(this.#cells, `${asNew} × ${asOld}`);
  }

  counts(): Counts {
    return { exits: Object.fromEntries(this.#exits), cells: Object.fromEntries(this.#cells) };
  }
}

/** From phase to phase, as far as commands show it; what only closes the record is no phase of its own. */
export class Walk {
  readonly #coverage: Coverage;
  #at: RotationState | null = null;

  constructor(coverage: Coverage) {
    this.#coverage = coverage;
  }

  saw(command: Command, state: RotationState): void {
    if (state.phase === 'finished') return;
    const before = this.#at?.order.token === state.order.token && command.do !== 'open' ? this.#at : null;
    if (before !== null && before.phase !== state.phase) this.#coverage.exit(before.phase, state.phase);
    this.#at = state;
    if (state.phase !== 'verified' && state.phase !== 'undo') return;
    for (const { id } of state.order.plan.targets) this.#cell(state, id);
  }

  ended({ state }: End): void {
    if (this.#at !== null) this.#coverage.exit(this.#at.phase, state);
  }

  #cell(state: RotationState, id: string): void {
    const { answers, working } = factsOf(state, id);
    const asNew = answers[state.record?.candidate ?? ''];
    const asOld = answers[working ?? state.record?.base ?? ''];
    if (asNew !== undefined) this.#coverage.cell(asNew, asOld ?? 'unknown');
  }
}

export function added(one: Counts, other: Counts): Counts {
  return { exits: sum(one.exits, other.exits), cells: sum(one.cells, other.cells) };
}

function sum(one: Counts['exits'], other: Counts['exits']): Counts['exits'] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
