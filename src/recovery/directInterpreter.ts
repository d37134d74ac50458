import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../activities/clock.js';
import { DriverError, errorCodes } from '../model/errors.js';
import type { Millis } from '../model/time.js';
import { type CommandOf, isParked, type Outcome, type Results, type WaitReason } from '../protocol/commands.js';
import { type Hands, observe } from '../protocol/observe.js';
import type { RotationInterpreter } from '../protocol/rotate.js';
import type { RotationState } from '../protocol/state.js';
import type { RotationRef, VerbName, Verbs } from '../protocol/verbs.js';

/** The rotation stops here and can go on later: its record says where. */
export class Stopped extends Error {
  constructor(readonly why: WaitReason | 'interrupted') {
    super(`stopped: ${why}`);
    this.name = 'Stopped';
  }
}

export interface DirectOptions {
  readonly verbs: Verbs;
  readonly clock: Clock;
  /** Told before each step. */
  readonly onStep: (state: RotationState) => void;
  /** Told before each pause. */
  readonly onWait: (why: WaitReason, forMs: Millis) => void;
}

/**
 * The protocol with nothing but vaults and targets: commands call drivers, in this process. What would wait long is thrown as
 * `Stopped`, as is an interruption; the record stays open.
 */
export function directInterpreter(options: DirectOptions): RotationInterpreter {
  const { clock, onStep } = options;
  return {
    now: () => clock.now(),
    events: () => [],
    execute: (command, state) => observe(command, directHands(options, state), () => clock.now()),
    async checkpoint({ state }) {
      if (clock.signal().aborted) throw new Stopped('interrupted');
      onStep(state);
    },
  };
}

function directHands(options: DirectOptions, state: RotationState): Hands {
  const { plan } = state.order;
  const rotation: RotationRef = {
    credential: plan.credential,
    descriptorDigest: plan.descriptorDigest,
    token: state.order.token,
    policy: state.policy,
  };
  const by =
    <Name extends VerbName>(name: Name, attempts = 1) =>
    (command: CommandOf<Name>): Promise<Outcome<Results[Name]>> =>
      attempt(() => options.verbs[name](rotation, command), attempts);
  return {
    open: by('open', vaultAttempts),
    probe: by('probe'),
    stage: by('stage', vaultAttempts),
    capture: by('capture'),
    change: by('change'),
    revert: by('revert'),
    confirm: by('confirm'),
    retire: by('retire'),
    endSessions: by('endSessions'),
    suspend: by('suspend'),
    promote: by('promote', vaultAttempts),
    note: by('note', vaultAttempts),
    finish: by('finish', vaultAttempts),
    wait: (command) => wait(options, command),
  };
}

/** Repeating a vault step converges; everything else is only asked again by the protocol. */
const vaultAttempts = 3;
const retryPauseMs = 1_000;

async function attempt<Value>(call: () => Promise<Value>, attempts: number): Promise<Outcome<Value>> {
  for (let left = attempts; ; left -= 1) {
    try {
      return { ok: true, value: await call() };
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      if (left <= 1 || !errorCodes[error.code].retry) return { ok: false, code: error.code, effect: error.effect };
      await delay(retryPauseMs);
    }
  }
}

async function wait({ clock, onWait }: DirectOptions, { until, why }: CommandOf<'wait'>): Promise<Outcome<null>> {
  if (isParked(why)) throw new Stopped(why);
  const forMs = Math.max(1, until - clock.now());
  onWait(why, forMs);
  try {
    await delay(forMs, undefined, { signal: clock.signal() });
  } catch {
    throw new Stopped('interrupted');
  }
  return { ok: true, value: null };
}
