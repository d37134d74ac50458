import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../activities/clock.js';
import { patient } from '../activities/patient.js';
import type { Instant, Millis } from '../model/time.js';
import { isParked, type WaitReason } from '../protocol/commands.js';
import { createInterpreter } from '../protocol/direct.js';
import type { RotationInterpreter } from '../protocol/rotate.js';
import type { RotationState } from '../protocol/state.js';
import type { Verbs } from '../protocol/verbs.js';

/** The rotation stops here and can go on later: its record says where. */
export class Stopped extends Error {
  constructor(readonly why: WaitReason | 'interrupted') {
    super(`stopped: ${why}`);
    this.name = 'Stopped';
  }
}

export interface DirectOptions {
  readonly verbs: Verbs;
  /** `Carrier.head`. */
  readonly head: string;
  readonly clock: Clock;
  /** Told before each step. */
  readonly onStep: (state: RotationState) => void;
  /** Told before each pause. */
  readonly onWait: (why: WaitReason, forMs: Millis) => void;
}

/**
 * The protocol as a person runs it in a terminal. What would wait long is thrown as `Stopped`, as is an interruption; the
 * record stays open.
 */
export function directInterpreter({ verbs, head, clock, onStep, onWait }: DirectOptions): RotationInterpreter {
  return {
    ...createInterpreter({
      verbs: patient(verbs),
      head,
      now: () => clock.now(),
      sleepUntil: (until, why) => sleepUntil(clock, until, why, onWait),
    }),
    async checkpoint({ state }) {
      if (clock.signal().aborted) throw new Stopped('interrupted');
      onStep(state);
    },
  };
}

async function sleepUntil(clock: Clock, until: Instant, why: WaitReason, onWait: DirectOptions['onWait']) {
  if (isParked(why)) throw new Stopped(why);
  const forMs = Math.max(1, until - clock.now());
  onWait(why, forMs);
  try {
    await delay(forMs, undefined, { signal: clock.signal() });
  } catch {
    throw new Stopped('interrupted');
  }
}
