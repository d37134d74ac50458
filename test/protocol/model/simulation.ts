import type { FailurePolicy } from '../../../src/model/policy.js';
import { causesOf } from '../../../src/protocol/causes.js';
import type { Command, Observation } from '../../../src/protocol/commands.js';
import { unlessOvertaken } from '../../../src/protocol/overtaken.js';
import {
  beginFound,
  beginRotation,
  type Rotated,
  type Rotation,
  type RotationInterpreter,
  rotate,
} from '../../../src/protocol/rotate.js';
import type { RotationState } from '../../../src/protocol/state.js';
import { issuing, type Profile, profiles } from '../../harness/devices.js';
import { account, type DeviceOptions, type EstateOptions, MemoryEstate } from '../../harness/memoryEstate.js';
import { type Before, Checker } from './checker.js';
import type { Coverage, Walk } from './coverage.js';
import { Fate } from './fate.js';
import { Crashed, Head } from './head.js';
import { Mixer } from './mixer.js';
import { People } from './people.js';
import { alone, type Other, type Run, type Scenario } from './scenario.js';
import { Trace } from './trace.js';

/** More commands than this in one scenario, and it does not end. */
const maxCommands = 3_000;

/** Wraps an interpreter: how a deliberate defect is put into the protocol, or into its hands. */
export type Bend = (interpreter: RotationInterpreter, world: MemoryEstate) => RotationInterpreter;

export class Simulation {
  readonly world: MemoryEstate;
  readonly checker: Checker;
  readonly #trace = new Trace();
  readonly #scenario: Scenario;
  readonly #bend: Bend;
  readonly #coverage: Coverage | null;
  readonly #people: People;
  readonly #fate: Fate;
  readonly #befores = new Map<string, Before>();
  #commands = 0;
  #tokens = 0;
  #isRefusing: boolean;

  constructor(scenario: Scenario, bend: Bend = (interpreter) => interpreter, coverage: Coverage | null = null) {
    this.#scenario = scenario;
    this.#bend = bend;
    this.#coverage = coverage;
    this.#isRefusing = scenario.refusing;
    this.world = new MemoryEstate(estateOf(scenario, () => this.#isRefusing));
    this.checker = new Checker(this.world);
    this.#people = new People(this.world, this.checker, this.#trace);
    const parts = { world: this.world, checker: this.checker, people: this.#people, trace: this.#trace };
    this.#fate = new Fate(scenario.troubles, parts);
  }

  /** Everything that happened. */
  told(): readonly string[] {
    return this.#trace.told();
  }

  /** What was wrong; empty: nothing. */
  async play(): Promise<readonly string[]> {
    this.world.adopt = this.#scenario.adopt;
    await this.#set();
    for (const run of this.#scenario.runs) {
      await this.#play(run, null);
      if (this.checker.problems.length > 0) return this.checker.problems;
    }
    if (this.#needsPeople()) return this.checker.problems;
    await this.#heal();
    await this.#endsWell();
    return this.checker.problems;
  }

  async #set(): Promise<void> {
    const first = this.world.value('first');
    await this.world.seed(first);
    this.checker.know(first);
    await this.#people.drift(this.#scenario.drift);
    for (const id of this.#ids()) this.world.device(id).openSession(account);
    await this.checker.interfered();
  }

  async #play(run: Run, mixer: Mixer | null): Promise<void> {
    if (run.start === 'reinstate') await this.#reinstate(run);
    else if (run.start === 'rotate' && (await this.#rotate(run, mixer)) !== null) return;
    await this.#recover(run, mixer);
  }

  async #reinstate(run: Run): Promise<void> {
    const policy = run.policy === 'restore' ? 'restore' : 'forward';
    const head = this.#head(run, null, null, []);
    await survived(() => this.#people.reinstate(policy, head));
  }

  #rotate(run: Run, mixer: Mixer | null): Promise<Rotated | null> {
    const order = this.#order(run.policy);
    this.#trace.say(() => `rotate ${order.token.slice(0, 8)} ${order.policy}`);
    return this.#until(beginRotation(order, this.world.time.now()), run, mixer);
  }

  #order(wanted: FailurePolicy): Rotation['order'] {
    const policy = this.#allowed(wanted);
    return { plan: this.#plan(policy), token: this.#token(), policy };
  }

  #plan(policy: FailurePolicy): Rotation['order']['plan'] {
    return { ...this.world.plan(policy), consumers: this.#scenario.consumers ? ['billing'] : [] };
  }

  /** Suspending takes a management login; a plan without one is refused. */
  #allowed(policy: FailurePolicy): FailurePolicy {
    return policy === 'disable' && this.#scenario.devices.some(({ self }) => self) ? 'restore' : policy;
  }

  /** As `relock recover` does: from the vault's record alone, as often as it takes. */
  async #recover(run: Run, mixer: Mixer | null): Promise<void> {
    for (;;) {
      const { record } = await this.world.ledger(this.world.primary);
      if (record === null) return;
      this.#trace.say(() => `recover ${record.token.slice(0, 8)} from ${record.phase}`);
      const order = { plan: this.#plan(record.policy), token: record.token, policy: record.policy };
      if ((await this.#until(beginFound(record, order, this.world.time.now()), run, mixer)) !== null) return;
    }
  }

  /** To its end; null: to the crash. */
  async #until(rotation: Rotation, run: Run, mixer: Mixer | null): Promise<Rotated | null> {
    const others: Promise<void>[] = [];
    const walk = this.#coverage?.walk() ?? null;
    const head = this.#head(run, mixer, walk, others);
    const interpreter = this.#bend(head.interpreter(), this.world);
    const rotated = await survived(async () => {
      const driven = await rotate(rotation, interpreter);
      return { ...driven, end: await unlessOvertaken(driven, interpreter) };
    });
    this.#trace.say(() => (rotated === null ? 'crashed' : told(rotated)));
    if (rotated !== null) walk?.ended(rotated.end);
    await Promise.all(others);
    this.checker.interference += others.length;
    if (rotated !== null) await this.#judge(rotated, run, mixer);
    return rotated;
  }

  async #judge({ end, rotation }: Rotated, run: Run, mixer: Mixer | null): Promise<void> {
    this.#hasCause({ end, rotation });
    if (!end.open) await this.world.time.pass(10 * 60_000);
    const before = this.#befores.get(rotation.state.order.token);
    if (before !== undefined && run.other === null && mixer === null) await this.checker.end(end, before);
  }

  /** An end other than `rotated` names a target or a copy, and what stood in the way there. */
  #hasCause({ end, rotation: { state } }: Rotated): void {
    const places = [...this.#ids(), ...state.order.plan.copies];
    const causes = causesOf(state, end);
    if (end.state === 'rotated' || causes.some((cause) => places.some((place) => cause.includes(place)))) return;
    this.checker.problems.push(
      `ended ${end.state}(${end.reason}), and nothing says where or why: ${JSON.stringify(causes)}`,
    );
  }

  #head(run: Run, mixer: Mixer | null, walk: Walk | null, others: Promise<void>[]): Head {
    const mix = this.#mixOf(run);
    const mine = mix === null ? mixer : new Mixer(mix);
    return new Head({
      world: this.world,
      fate: this.#fate,
      trace: this.#trace,
      says: run.says,
      mixer: mine,
      stretches: this.#scenario.stretches,
      before: async (command, state) => {
        if (command.do === 'open' && state.phase === 'opened' && !state.resumes)
          this.#befores.set(state.order.token, await this.checker.before());
      },
      after: (command, state, seen) => {
        walk?.saw(command, state);
        this.#note(command, state, seen);
      },
      between: async (commands) => {
        if (run.other === null || others.length > 0 || commands < run.other.at) return;
        const other = this.#joinIn(run.other, mine);
        others.push(other);
        if (mix === null) await other;
      },
    });
  }

  /** Where the target makes the secret, two at once may each have it make one: the lock `rotate/<credential>` keeps that from happening. */
  #mixOf({ other }: Run): number | null {
    return this.#scenario.issued ? null : (other?.mix ?? null);
  }

  /** Somebody else, elsewhere, finishes what is there, and may rotate again. */
  async #joinIn(other: Other, mixer: Mixer | null): Promise<void> {
    this.#trace.say(() => `another process begins (${mixer === null ? 'alone' : 'side by side'})`);
    this.checker.interference += 1;
    this.checker.twoHeads = true;
    await this.#play({ ...alone, start: other.start, policy: other.policy }, mixer);
    this.#trace.say(() => 'the other process ends');
  }

  #note(command: Command, state: RotationState, { outcome }: Observation): void {
    this.#commands += 1;
    if (this.#commands > maxCommands) throw new Error('it does not end');
    const { calls } = this.#fate;
    this.#trace.say(() => {
      const { write: _write, ...said } = { write: null, ...command };
      const came = outcome.ok ? briefly(outcome.value) : `${outcome.code}/${outcome.effect}`;
      return `${calls} ${state.order.token.slice(0, 8)} ${state.phase}: ${JSON.stringify(said)} → ${came}`;
    });
  }

  #token(): string {
    this.#tokens += 1;
    return Array.from({ length: 8 }, (_, part) => String(this.#tokens * 10 + part).padStart(8, '0')).join('');
  }

  #ids(): readonly string[] {
    return [...this.world.estate.targets.keys()];
  }

  /** Everything works again, and everything that was under way has come to rest. */
  async #heal(): Promise<void> {
    this.#fate.heal();
    this.#isRefusing = false;
    this.#trace.say(() => 'healed');
    await this.#people.dayAndNight();
    for (const id of this.#ids()) this.world.device(id).reachable = true;
    await this.#people.reinstate('forward');
    await this.#repair();
  }

  /** Slots that nobody knows are removed by hand. Where the account itself must log in, and nothing that is held works, only a person can help. */
  async #repair(): Promise<void> {
    const values = await this.#knownValues();
    const works = (id: string) => values.filter((value) => this.world.device(id).holds(account, value));
    const isStray = (id: string) =>
      this.checker.hasForeign(id) || this.world.device(id).slots(account).length > works(id).length;
    const stray = this.#scenario.issued && this.#ids().some(isStray);
    const stuck = this.#ids().some((id) => this.#needsKnown(id) && works(id).length === 0);
    if (!stuck && !stray) return;
    this.#trace.say(() => 'a person repairs');
    await this.#people.act('personChanges');
  }

  /** What relock would find by itself: all that is held, but where refusals lock, only what readers get. */
  async #knownValues() {
    const { held, record } = await this.world.ledger(this.world.primary);
    const readers = await this.world.readersGet(this.world.primary);
    const locks = this.#scenario.devices.some(({ profile }) => profiles[profile].lockoutThreshold !== null);
    const isKnown = (name: string) => record === null || name === record.base || name === record.candidate;
    const known = locks ? [] : [...held].filter(([name]) => isKnown(name));
    return [...known.map(([, value]) => value), ...(readers === null ? [] : [readers])];
  }

  /** The account itself must log in there; or silence says nothing, and nobody may overwrite what nobody knows. */
  #needsKnown(id: string): boolean {
    const { management } = this.world.estate.targets.get(id) ?? {};
    return management == null || this.world.device(id).options.capabilities.silenceIsRefusal;
  }

  /** Where a second refusal locks, or somebody's unknown secret takes the last place, what others changed is for people. */
  #needsPeople(): boolean {
    const { devices, drift, issued, refusing, troubles, runs } = this.#scenario;
    const disturbed = drift !== 'none' || refusing || troubles.length > 0 || runs.some(({ other }) => other !== null);
    if (issued) return drift !== 'none' || troubles.some(({ what }) => what.kind.startsWith('person'));
    const has = (name: Profile) => devices.some(({ profile }) => profile === name);
    const isLocking = devices.some(({ profile }) => profiles[profile].lockoutThreshold !== null);
    const ownLogin = devices.some(({ self }) => self);
    return disturbed && (has('locksAtOnce') || (isLocking && (has('silent') || ownLogin)));
  }

  /** A later rotation without faults always gets there. */
  async #endsWell(): Promise<void> {
    const ends: string[] = [];
    const says = [{ at: 0, what: 'consumersMoved' } as const];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const rotated = await this.#rotate({ start: 'rotate', policy: 'forward', says, other: null }, null);
      const { state, reason } = rotated?.end ?? { state: 'crashed', reason: null };
      ends.push(`${state}(${reason})`);
      // A person read that no old secret is known, and says that this is meant.
      if (reason === 'noOldValue') this.world.adopt = true;
      const limit = reason === 'lockout' ? 'locksAtOnce' : reason === 'vacuous' ? 'silent' : null;
      const limited = this.#scenario.devices.some(({ profile }) => profile === limit);
      if (state === 'rotated' || (state === 'replaced' && (limited || reason === 'adopted'))) return;
      await this.#people.dayAndNight();
    }
    this.checker.problems.push(`it never ends well: ${ends.join(', ')}`);
  }
}

/** null: the process died of it. What it still had under way stops where it is. */
async function survived<Value>(act: () => Promise<Value>): Promise<Value | null> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Crashed)) throw error;
    await new Promise((resolve) => setImmediate(resolve));
    return null;
  }
}

function told({ end }: Rotated): string {
  return `ended ${end.state}(${end.reason}) ${end.open ? 'open' : 'closed'}`;
}

function briefly(
  value: Observation['outcome'] extends infer Outcome ? (Outcome extends { value: infer V } ? V : never) : never,
): string {
  if (value === null) return 'ok';
  if ('answer' in value) return value.answer;
  if ('kind' in value) return value.kind;
  if ('stranger' in value) return value.stranger ?? 'promoted';
  return 'ok';
}

function estateOf(scenario: Scenario, refuses: () => boolean): EstateOptions {
  const { devices, issued, sharedRealm, copies, stragglers } = scenario;
  const vaults = ['primary', 'cloud', 'spare'].slice(0, copies);
  const timing = { stragglerMs: stragglers ? 600_000 : 0, soakMs: stragglers ? 60_000 : 0 };
  const kind = issued ? 'approle-secret-id' : 'password';
  if (issued) return { vaults, timing, kind, devices: [{ id: 'd0', capabilities: issuing }] };
  const deviceOf = ({ profile, self }: Scenario['devices'][number], index: number): DeviceOptions => ({
    id: `d${index}`,
    capabilities: profiles[profile],
    self,
    ...(sharedRealm ? { realm: 'shared' } : {}),
    ...(index === devices.length - 1 ? { refuses } : {}),
  });
  return { vaults, timing, kind, devices: devices.map(deviceOf) };
}
