import { proxySinks, type Sinks } from '@temporalio/workflow';
import type { EndState } from '../model/endStates.js';
import { forwardPhases, type PhaseName } from '../protocol/phases.js';
import type { Trail } from '../protocol/trail.js';

/** What a rotation tells the worker's metrics. Best effort, never on replay, and nothing that an audit may rest on. */
export interface RotationSinks extends Sinks {
  readonly rotation: {
    phaseLeft(phase: PhaseName, spentMs: number): void;
    ended(state: EndState, exposed: boolean, spentMs: number): void;
  };
}

export const { rotation: rotationSink } = proxySinks<RotationSinks>();

/** Tells each phase once, when the rotation has passed it within this run of the workflow. */
export class PhaseTimes {
  readonly #since = Date.now();
  readonly #told = new Set<string>();

  tell({ phases }: Trail): void {
    for (const phase of forwardPhases) {
      const { reachedAt, passedAt } = phases[phase] ?? { reachedAt: 0, passedAt: null };
      if (passedAt === null || passedAt < this.#since || this.#told.has(phase)) continue;
      this.#told.add(phase);
      rotationSink.phaseLeft(phase, passedAt - reachedAt);
    }
  }
}
