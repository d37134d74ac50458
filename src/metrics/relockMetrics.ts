import type { InjectedSinks } from '@temporalio/worker';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CallMeter } from '../decorate/metered.js';
import { endStateNames } from '../model/endStates.js';
import type { ProbeAnswer } from '../model/probe.js';
import type { ScheduleState } from '../schedules/standing.js';
import type { RotationSinks } from '../workflows/rotationSinks.js';

/** Seconds: from a vault's answer to a straggler that comes back after a week. */
const callBuckets = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60];
const rotationBuckets = [0.5, 1, 2, 5, 15, 60, 300, 1_800, 7_200, 86_400, 604_800];

/** What is looked at from time to time. */
export type Watched = 'schedules' | 'records';

export interface OpenRecords {
  readonly count: number;
  /** Seconds since the oldest was opened; 0: there is none. */
  readonly oldestSeconds: number;
}

/**
 * What a worker counts. Labels are drivers, contract methods, error codes, phases, states and answers: closed vocabularies,
 * so neither secrets nor unbounded series can get in. Credentials, targets and vendors are never labels.
 */
export class RelockMetrics implements CallMeter {
  readonly registry = new Registry();
  readonly #inHere = { registers: [this.registry] };
  readonly #ended = new Counter({
    name: 'relock_rotations_ended_total',
    help: 'Rotations that ended, by end state; exposed: an old secret may still open something',
    labelNames: ['state', 'exposed'],
    ...this.#inHere,
  });
  readonly #rotation = new Histogram({
    name: 'relock_rotation_seconds',
    help: 'From the start of a rotation to its end',
    labelNames: ['state'],
    buckets: rotationBuckets,
    ...this.#inHere,
  });
  readonly #phase = new Histogram({
    name: 'relock_phase_seconds',
    help: 'How long rotations were in a phase of the protocol, waiting included',
    labelNames: ['phase'],
    buckets: rotationBuckets,
    ...this.#inHere,
  });
  readonly #probes = new Counter({
    name: 'relock_probes_total',
    help: 'Fresh logins made to prove something, by what the target answered',
    labelNames: ['answer'],
    ...this.#inHere,
  });
  readonly #calls = new Histogram({
    name: 'relock_call_seconds',
    help: 'Calls to vaults and targets, failed ones included',
    labelNames: ['side', 'driver', 'call'],
    buckets: callBuckets,
    ...this.#inHere,
  });
  readonly #failures = new Counter({
    name: 'relock_call_errors_total',
    help: 'Calls to vaults and targets that failed, by error code (docs/errors.md)',
    labelNames: ['side', 'driver', 'code'],
    ...this.#inHere,
  });
  readonly #records = new Gauge({
    name: 'relock_open_records',
    help: 'Rotations that the vaults remember as not finished, running or not',
    ...this.#inHere,
  });
  readonly #oldestRecord = new Gauge({
    name: 'relock_oldest_open_record_seconds',
    help: 'Age of the oldest of them: parked, forgotten, or lost with its workflow; 0: none',
    ...this.#inHere,
  });
  readonly #schedules = new Gauge({
    name: 'relock_schedules',
    help: 'Schedules that relock.yaml asks for, by what Temporal has',
    labelNames: ['state'],
    ...this.#inHere,
  });
  readonly #watch = new Gauge({
    name: 'relock_watch_up',
    help: '1: the last look at these succeeded, and their gauges are true; 0: they are old',
    labelNames: ['what'],
    ...this.#inHere,
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    // An alert on an increase needs a first value to increase from.
    for (const state of endStateNames) for (const exposed of ['true', 'false']) this.#ended.inc({ state, exposed }, 0);
  }

  called(...[{ side, driver, call }, seconds, code]: Parameters<CallMeter['called']>): void {
    this.#calls.observe({ side, driver, call }, seconds);
    if (code !== null) this.#failures.inc({ side, driver, code });
  }

  probed(answer: ProbeAnswer): void {
    this.#probes.inc({ answer });
  }

  schedules(states: readonly ScheduleState[]): void {
    for (const state of ['active', 'paused', 'missing'] as const)
      this.#schedules.set({ state }, states.filter((each) => each === state).length);
  }

  openRecords({ count, oldestSeconds }: OpenRecords): void {
    this.#records.set(count);
    this.#oldestRecord.set(oldestSeconds);
  }

  watched(what: Watched, succeeded: boolean): void {
    this.#watch.set({ what }, succeeded ? 1 : 0);
  }

  /** What rotations tell from inside the workflow sandbox. */
  sinks(): InjectedSinks<RotationSinks> {
    return {
      rotation: {
        phaseLeft: { fn: (_info, phase, spentMs) => this.#phase.observe({ phase }, spentMs / 1000) },
        ended: {
          fn: (_info, state, exposed, spentMs) => {
            this.#ended.inc({ state, exposed: String(exposed) });
            this.#rotation.observe({ state }, spentMs / 1000);
          },
        },
      },
    };
  }
}
