import { randomUUID } from 'node:crypto';
import type { Fault, FaultyCall } from '../../src/decorate/faults.js';
import type { FailurePolicy } from '../../src/model/policy.js';
import { causesOf } from '../../src/protocol/causes.js';
import type { Command, End, RotationEvent } from '../../src/protocol/commands.js';
import { createInterpreter } from '../../src/protocol/direct.js';
import { orderFor } from '../../src/protocol/drive.js';
import { unlessOvertaken } from '../../src/protocol/overtaken.js';
import { beginRotation, type Rotation, rotate } from '../../src/protocol/rotate.js';
import { begin } from '../../src/protocol/state.js';
import type { Secret } from '../../src/secret/secret.js';
import { type EstateOptions, MemoryEstate } from '../harness/memoryEstate.js';

/** The process that drove the rotation is gone. */
export class Crashed extends Error {}

/** One rotation in a world in memory, told step by step. */
export class Story {
  readonly world: MemoryEstate;
  readonly first: Secret;
  /** Names of the commands of the latest run, with their targets. */
  commands: string[] = [];
  /** What stood in the way of the latest run, as people are told. */
  causes: readonly string[] = [];
  /** Said before the next step. */
  said: RotationEvent[] = [];
  /** Called before each command; may act, or throw `Crashed`. */
  before: (command: Command) => Promise<void> = async () => {};
  /** Commands that were under way at the same time, at most. */
  mostTogether = 0;
  #together = 0;
  #tokens = 0;
  #dead = false;

  private constructor(options: EstateOptions) {
    this.world = new MemoryEstate(options);
    this.first = this.world.value('first');
  }

  static async of(options: EstateOptions): Promise<Story> {
    const story = new Story(options);
    await story.world.seed(story.first);
    return story;
  }

  /** The fault happens at the first call that fits, once. */
  fail(verb: string, subject: string, fault: Fault): void {
    let done = false;
    this.world.trouble = async (call: FaultyCall) => {
      if (done || call.verb !== verb || !call.subject.includes(subject)) return null;
      done = true;
      return fault;
    };
  }

  rotate(policy: FailurePolicy, changes: Partial<Rotation['order']['plan']> = {}): Promise<End> {
    return this.#drive(beginRotation(this.#order(policy, changes), this.world.time.now()));
  }

  #order(policy: FailurePolicy, changes: Partial<Rotation['order']['plan']> = {}): Rotation['order'] {
    this.#tokens += 1;
    const token = Array.from({ length: 8 }, (_, part) => String(this.#tokens * 10 + part).padStart(8, '0')).join('');
    return { plan: { ...this.world.plan(policy), ...changes }, token, policy };
  }

  /** Another process, which does not know of the one that is told here, rotates until it ends. */
  async elsewhere(policy: FailurePolicy): Promise<End> {
    const { now } = this.world.time;
    const sleepUntil = (until: number) => this.world.time.passTo(until);
    const interpreter = createInterpreter({ verbs: this.world.verbs(), head: randomUUID(), now, sleepUntil });
    return (await rotate(beginRotation(this.#order(policy), now()), interpreter)).end;
  }

  /** As `relock recover`: from the record alone. */
  async recover(): Promise<End> {
    const { record } = await this.world.ledger(this.world.primary);
    if (record === null) throw new Error('there is no record to recover from');
    const order = orderFor(record, this.world.plan(record.policy));
    return this.#drive({ order, state: begin(order, this.world.time.now(), true) });
  }

  async #drive(rotation: Rotation): Promise<End> {
    this.commands = [];
    if (this.#dead) this.before = async () => {};
    this.#dead = false;
    const inner = createInterpreter({
      verbs: this.world.verbs(),
      head: randomUUID(),
      now: this.world.time.now,
      sleepUntil: (until) => this.world.time.passTo(until),
      events: () => this.said.splice(0),
    });
    const execute: typeof inner.execute = async (command, state) => {
      this.#together += 1;
      this.mostTogether = Math.max(this.mostTogether, this.#together);
      try {
        await this.before(command);
        this.commands.push('target' in command ? `${command.do} ${command.target}` : command.do);
        return await inner.execute(command, state);
      } finally {
        this.#together -= 1;
      }
    };
    const interpreter = { ...inner, execute };
    const rotated = await rotate(rotation, interpreter);
    this.causes = causesOf(rotated.rotation.state, rotated.end);
    return unlessOvertaken(rotated, interpreter);
  }

  /** Dies at the first command of that name. */
  dieAt(name: Command['do']): void {
    this.before = async (command) => {
      if (command.do !== name && !this.#dead) return;
      this.#dead = true;
      throw new Crashed(`died before ${name}`);
    };
  }

  async readers(vault = this.world.primary): Promise<Secret> {
    const value = await this.world.readersGet(vault);
    if (value === null) throw new Error(`readers of ${vault} get nothing`);
    return value;
  }

  /** Everything that the primary holds, beside what readers get. */
  async held(): Promise<readonly Secret[]> {
    return [...(await this.world.ledger(this.world.primary)).held.values()];
  }
}
