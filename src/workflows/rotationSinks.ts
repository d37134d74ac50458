import { proxySinks, type Sinks } from '@temporalio/workflow';
import type { EndState } from '../model/endStates.js';
import type { PhaseName } from '../protocol/phases.js';

/** What a rotation tells the worker's metrics. Best effort, never on replay, and nothing that an audit may rest on. */
export interface RotationSinks extends Sinks {
  readonly rotation: {
    phaseLeft(phase: PhaseName, spentMs: number): void;
    ended(state: EndState, exposed: boolean, spentMs: number): void;
  };
}

export const { rotation: rotationSink } = proxySinks<RotationSinks>();

/** How long each phase takes, within one run of the workflow. */
export class PhaseTimes {
  #phase: PhaseName;
  #since: number;

  constructor(phase: PhaseName) {
    this.#phase = phase;
    this.#since = Date.now();
  }

  enter(phase: PhaseName): void {
    if (phase === this.#phase) return;
    rotationSink.phaseLeft(this.#phase, Date.now() - this.#since);
    this.#phase = phase;
    this.#since = Date.now();
  }
}
