import { randomUUID } from 'node:crypto';
import type { Fault, FaultyCall } from '../../../src/decorate/faults.js';
import type { Command, Observation, RotationEvent } from '../../../src/protocol/commands.js';
import { createInterpreter } from '../../../src/protocol/direct.js';
import type { RotationInterpreter } from '../../../src/protocol/rotate.js';
import type { RotationState } from '../../../src/protocol/state.js';
import { carryOn, type Stretch, type Stride, sentUntil } from '../../../src/protocol/stretch.js';
import type { Hooks, MemoryEstate } from '../../harness/memoryEstate.js';
import type { Fate } from './fate.js';
import type { Mixer } from './mixer.js';
import type { Saying } from './scenario.js';
import type { Trace } from './trace.js';

/** The process that drove the rotation is gone, with everything that it knew. */
export class Crashed extends Error {}

export interface Surroundings {
  readonly world: MemoryEstate;
  readonly fate: Fate;
  readonly trace: Trace;
  readonly says: readonly Saying[];
  /** Another process works at the same time. */
  readonly mixer: Mixer | null;
  /** As a workflow does it: other processes are its hands, and may die without it. */
  readonly stretches: boolean;
  /** Called before each command is carried out. */
  before(command: Command, state: RotationState): Promise<void>;
  /** Called after it. */
  after(command: Command, state: RotationState, seen: Observation): void;
  /** Called between two steps, with the number of commands so far. */
  between(commands: number): Promise<void>;
}

/** One process that drives rotations: hands of its own, and a death of its own. */
export class Head implements Hooks {
  readonly #around: Surroundings;
  #isDead = false;
  #commands = 0;
  #said = 0;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  interpreter(): RotationInterpreter {
    const { world, before, after, between } = this.#around;
    const inner = createInterpreter({
      verbs: world.verbs('here', this),
      head: randomUUID(),
      now: world.time.now,
      sleepUntil: (until) => this.#sleep(until),
    });
    const execute: RotationInterpreter['execute'] = async (command, state) => {
      this.#commands += 1;
      await before(command, state);
      const seen = await inner.execute(command, state);
      after(command, state, seen);
      return seen;
    };
    return {
      ...inner,
      events: () => this.#events(),
      checkpoint: () => between(this.#commands),
      execute,
      ...(this.#around.stretches && {
        carryOn: (command: Command, state: RotationState) => this.#carryOn({ command, state }, execute),
      }),
    };
  }

  /** The hands may die; then others take their place, when nothing of what was lost can still be sent. */
  async #carryOn(stretch: Stretch, execute: RotationInterpreter['execute']): Promise<readonly Stride[] | 'lost'> {
    const { world, trace } = this.#around;
    const { time } = world;
    try {
      return await carryOn(stretch, { now: time.now, isStopped: () => false, execute });
    } catch (error) {
      if (!(error instanceof Crashed)) throw error;
    }
    trace.say(() => 'other hands');
    this.#isDead = false;
    await time.passTo(sentUntil(stretch, time.now()) ?? time.now());
    return 'lost';
  }

  async trouble(call: FaultyCall): Promise<Fault | null> {
    await this.#live();
    const { fault, dies } = await this.#around.fate.before(call);
    if (dies) throw this.#die();
    return fault;
  }

  async done(call: FaultyCall): Promise<void> {
    if (await this.#around.fate.after(call)) throw this.#die();
  }

  /** Who is dead never goes on. */
  async #live(): Promise<void> {
    await this.#around.mixer?.turn();
    if (this.#isDead) await new Promise(() => {});
  }

  #die(): Crashed {
    this.#isDead = true;
    return new Crashed('the process is gone');
  }

  /** Whatever is said to a rotation that waits wakes it. */
  async #sleep(until: number): Promise<void> {
    await this.#live();
    const { time } = this.#around.world;
    const isWoken = this.#around.says.some(({ at }) => at === this.#commands && at >= this.#said);
    await time.passTo(isWoken ? Math.min(until, time.now() + 1_000) : until);
  }

  #events(): readonly RotationEvent[] {
    const { says, trace, world } = this.#around;
    const due = says.filter(({ at }) => at >= this.#said && at <= this.#commands);
    this.#said = this.#commands + 1;
    for (const { what } of due) trace.say(() => `said: ${what}`);
    return due.map(({ what }) => eventOf(what, world.time.now()));
  }
}

function eventOf(what: Saying['what'], now: number): RotationEvent {
  switch (what) {
    case 'join':
      return { event: 'join', join: { policy: 'forward', cleanAfter: now } };
    case 'promote':
      return { event: 'decide', promote: true };
    case 'hold':
      return { event: 'decide', promote: false };
    default:
      return { event: what };
  }
}
