import type { Fault, FaultyCall } from '../../../src/decorate/faults.js';
import type { FailurePolicy } from '../../../src/model/policy.js';
import type { Command, Observation, RotationEvent } from '../../../src/protocol/commands.js';
import { createInterpreter } from '../../../src/protocol/direct.js';
import { orderFor } from '../../../src/protocol/drive.js';
import {
  beginRotation,
  type Rotated,
  type Rotation,
  type RotationInterpreter,
  rotate,
} from '../../../src/protocol/rotate.js';
import { begin } from '../../../src/protocol/state.js';
import { issuing, type Profile, profiles } from '../../harness/devices.js';
import { account, MemoryEstate, path } from '../../harness/memoryEstate.js';
import { type Before, Checker } from './checker.js';
import type { Run, Scenario, Trouble } from './scenario.js';

/** The process that drove the rotation is gone, with everything that it knew. */
class Crashed extends Error {}

/** More commands than this in one scenario, and it does not end. */
const maxCommands = 3_000;

const hour = 3_600_000;

/** Wraps an interpreter: how a deliberate defect is put into the protocol. */
export type Bend = (interpreter: RotationInterpreter) => RotationInterpreter;

export class Simulation {
  readonly world: MemoryEstate;
  readonly checker: Checker;
  readonly trace: string[] = [];
  readonly #scenario: Scenario;
  readonly #bend: Bend;
  readonly #befores = new Map<string, Before>();
  #troubles: readonly Trouble[];
  #calls = 0;
  #commands = 0;
  #tokens = 0;
  #people = 0;
  #dead = false;

  constructor(scenario: Scenario, bend: Bend = (interpreter) => interpreter) {
    this.#scenario = scenario;
    this.#bend = bend;
    this.#troubles = scenario.troubles;
    this.world = new MemoryEstate(estateOf(scenario));
    this.checker = new Checker(this.world);
    this.world.trouble = (call) => this.#trouble(call);
    this.world.done = (call) => this.#done(call);
  }

  /** Everything that happened, and what was wrong with it. */
  async play(): Promise<readonly string[]> {
    await this.#set();
    for (const run of this.#scenario.runs) {
      await this.#play(run);
      if (this.checker.problems.length > 0) return this.checker.problems;
    }
    if (this.#needsPeople()) return this.checker.problems;
    await this.#heal();
    await this.#endsWell();
    return this.checker.problems;
  }

  async #set(): Promise<void> {
    const { world, checker } = this;
    const first = world.value('first');
    await world.seed(first);
    checker.know(first);
    if (this.#scenario.drift === 'device') await this.#drift();
    const [, second] = [...world.documents.keys()];
    if (this.#scenario.drift === 'copy' && second !== undefined) {
      const other = world.value('other copy');
      checker.foreign(other);
      await world.personWrites(second, other);
    }
    for (const id of world.estate.targets.keys()) world.device(id).openSession(account);
    await checker.interfered();
  }

  async #drift(): Promise<void> {
    const value = this.world.value('by hand');
    this.checker.foreign(value);
    const [id] = [...this.world.estate.targets.keys()];
    if (id !== undefined) this.world.device(id).setAccount(account, [value]);
  }

  async #play(run: Run): Promise<void> {
    if (run.start === 'recover') return this.#recover(run);
    const policy = this.#allowed(run.policy);
    const order = { plan: this.world.plan(policy), token: this.#token(), policy };
    this.trace.push(`rotate ${order.token.slice(0, 8)} ${policy}`);
    const ended = await this.#until(beginRotation(order, this.world.time.now()), run);
    if (ended === null) await this.#recover(run);
  }

  /** Suspending takes a management login; a plan without one is refused. */
  #allowed(policy: FailurePolicy): FailurePolicy {
    return policy === 'disable' && this.#scenario.devices.some(({ self }) => self) ? 'restore' : policy;
  }

  /** As `relock recover` does: from the vault's record alone, as often as it takes. */
  async #recover(run: Run): Promise<void> {
    for (;;) {
      const { record } = await this.world.ledger(this.world.primary);
      if (record === null) return;
      this.trace.push(`recover ${record.token.slice(0, 8)} from ${record.phase}`);
      const order = orderFor(record, this.world.plan(record.policy));
      const state = begin(order, this.world.time.now(), true);
      if ((await this.#until({ order, state }, run)) !== null) return;
    }
  }

  /** To its end, or to the crash. */
  async #until(rotation: Rotation, run: Run): Promise<Rotated | null> {
    try {
      const rotated = await rotate(rotation, this.#bend(this.#interpreter(run)));
      this.trace.push(`ended ${rotated.end.state}(${rotated.end.reason}) ${rotated.end.open ? 'open' : 'closed'}`);
      if (!rotated.end.open) await this.world.time.pass(10 * 60_000);
      const before = this.#befores.get(rotated.rotation.state.order.token);
      if (before !== undefined && run.intruderAt === null) await this.checker.end(rotated.end, before);
      return rotated;
    } catch (error) {
      if (!(error instanceof Crashed)) throw error;
      await this.#bury();
      return null;
    }
  }

  /** What the dead process still had under way stops where it is. */
  async #bury(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#dead = false;
    this.trace.push('crashed');
  }

  #interpreter(run: Run): RotationInterpreter {
    let commands = 0;
    let said = 0;
    let intruded = false;
    const inner = createInterpreter({
      verbs: this.world.verbs(),
      now: this.world.time.now,
      sleepUntil: (until) => this.world.time.passTo(until),
    });
    return {
      ...inner,
      events: () => {
        const events = eventsBetween(run, said, commands, this.world.time.now());
        said = commands + 1;
        for (const event of events) this.trace.push(`said: ${event.event}`);
        return events;
      },
      checkpoint: async () => {
        if (run.intruderAt === null || intruded || commands < run.intruderAt) return;
        intruded = true;
        await this.#intrude();
      },
      execute: async (command, state) => {
        commands += 1;
        if (command.do === 'open' && !state.resumes) this.#befores.set(state.order.token, await this.checker.before());
        const seen = await inner.execute(command, state);
        this.#note(state.phase, command, seen);
        return seen;
      },
    };
  }

  #note(phase: string, command: Command, { outcome }: Observation): void {
    this.#commands += 1;
    if (this.#commands > maxCommands) throw new Error('it does not end');
    const { write: _write, ...said } = { write: null, ...command };
    const came = outcome.ok ? briefly(outcome.value) : `${outcome.code}/${outcome.effect}`;
    this.trace.push(`${this.#calls} ${phase}: ${JSON.stringify(said)} → ${came}`);
  }

  /** Somebody else, elsewhere, finishes what is there and rotates again. */
  async #intrude(): Promise<void> {
    this.trace.push('intruder begins');
    this.checker.interference += 1;
    this.checker.twoHeads = true;
    const order = { plan: this.world.plan('forward'), token: this.#token(), policy: 'forward' as const };
    const idle: Run = { start: 'rotate', policy: 'forward', cancelAt: null, joinAt: null, intruderAt: null };
    await this.#until(beginRotation(order, this.world.time.now()), idle);
    this.trace.push('intruder ends');
  }

  async #trouble(call: FaultyCall): Promise<Fault | null> {
    if (this.#dead) await new Promise(() => {});
    this.#calls += 1;
    await this.world.time.pass(5);
    const trouble = this.#troubles.find(({ at }) => at === this.#calls);
    if (trouble === undefined) return null;
    this.trace.push(`${this.#calls} ${trouble.what.kind} at ${call.verb} ${call.subject}`);
    return this.#happens(trouble.what, call);
  }

  async #happens(what: Trouble['what'], call: FaultyCall): Promise<Fault | null> {
    switch (what.kind) {
      case 'crash':
        throw this.#die();
      case 'crashAfter':
        return null;
      case 'restart':
        await this.#onDevice(call, (device) => device.restart());
        return null;
      case 'down':
        await this.#onDevice(call, (device) => {
          device.reachable = false;
          this.world.time.later(90_000, async () => {
            device.reachable = true;
          });
        });
        return null;
      case 'personWrites':
      case 'personChanges':
      case 'personDeletes':
        await this.#person(what.kind);
        return null;
      default:
        return isBeyondLogins(what, call) ? null : what;
    }
  }

  #die(): Crashed {
    this.#dead = true;
    return new Crashed('the process is gone');
  }

  async #onDevice({ subject }: FaultyCall, act: (device: ReturnType<MemoryEstate['device']>) => void): Promise<void> {
    const id = this.world.estate.targets.has(subject) ? subject : [...this.world.estate.targets.keys()][0];
    if (id !== undefined) act(this.world.device(id));
    this.checker.interference += 1;
  }

  async #person(kind: 'personWrites' | 'personChanges' | 'personDeletes'): Promise<void> {
    this.#people += 1;
    const value = this.world.value(`person${this.#people}`);
    this.checker.foreign(value);
    if (kind === 'personChanges')
      for (const id of this.world.estate.targets.keys()) this.world.device(id).setAccount(account, [value]);
    await this.world.personWrites(this.world.primary, kind === 'personDeletes' ? null : value);
    await this.checker.interfered();
  }

  async #done(call: FaultyCall): Promise<void> {
    const mayChange = !['read', 'list', 'probe', 'enumerate', 'capture'].includes(call.verb);
    await this.checker.instant(`call ${this.#calls}, ${call.verb} ${call.subject}`, mayChange);
    const crash = this.#troubles.find(({ at, what }) => at === this.#calls && what.kind === 'crashAfter');
    if (crash !== undefined) throw this.#die();
  }

  #token(): string {
    this.#tokens += 1;
    return Array.from({ length: 8 }, (_, part) => String(this.#tokens * 10 + part).padStart(8, '0')).join('');
  }

  /** Everything works again, and everything that was under way has come to rest. */
  async #heal(): Promise<void> {
    this.#troubles = [];
    this.trace.push('healed');
    await this.#dayAndNight();
    const { record } = await this.world.ledger(this.world.primary);
    for (const id of this.world.estate.targets.keys()) {
      this.world.device(id).reachable = true;
      this.world.device(id).setSuspended(account, false);
    }
    const primary = this.world.estate.vaults.get(this.world.primary);
    const context = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY };
    if (record !== null && record.suspended.length > 0)
      await primary?.note(path, record.token, { suspended: [] }, context);
    await this.#repair();
  }

  /** Realms forget refusals long before that. */
  async #dayAndNight(): Promise<void> {
    await this.world.time.pass(25 * hour);
    for (const id of this.world.estate.targets.keys()) this.world.device(id).unlock(account);
  }

  /** Slots that nobody knows are removed by hand. Where the account itself must log in, and nothing that is held works, only a person can help. */
  async #repair(): Promise<void> {
    const { held, record } = await this.world.ledger(this.world.primary);
    const readers = await this.world.readersGet(this.world.primary);
    const locks = this.#scenario.devices.some(({ profile }) => profiles[profile].lockoutThreshold !== null);
    const known = locks
      ? []
      : record === null
        ? [...held]
        : [...held].filter(([name]) => name === record.base || name === record.candidate);
    const values = [...known.map(([, value]) => value), ...(readers === null ? [] : [readers])];
    const ids = [...this.world.estate.targets.keys()];
    const stray =
      this.#scenario.issued &&
      ids.some((id) => {
        const ours = values.filter((value) => this.world.device(id).holds(account, value));
        return this.checker.hasForeign(id) || this.world.device(id).slots(account).length > ours.length;
      });
    const stuck = ids
      .filter((id) => this.world.estate.targets.get(id)?.management === null || this.#cannotBeAsked(id))
      .some((id) => !values.some((value) => this.world.device(id).holds(account, value)));
    if (!stuck && !stray) return;
    this.trace.push('a person repairs');
    await this.#person('personChanges');
  }

  /** Where a second refusal locks, or somebody's unknown secret takes the last place, what others changed is for people. */
  #needsPeople(): boolean {
    const { devices, drift, issued, troubles, runs } = this.#scenario;
    const disturbed = drift !== 'none' || troubles.length > 0 || runs.some(({ intruderAt }) => intruderAt !== null);
    if (issued) return drift !== 'none' || troubles.some(({ what }) => what.kind.startsWith('person'));
    const has = (name: Profile) => devices.some(({ profile }) => profile === name);
    const isLocking = devices.some(({ profile }) => profiles[profile].lockoutThreshold !== null);
    const ownLogin = devices.some(({ self }) => self);
    return disturbed && (has('locksAtOnce') || (isLocking && (has('silent') || ownLogin)));
  }

  /** Silence says nothing: nobody may overwrite there what nobody knows. */
  #cannotBeAsked(id: string): boolean {
    return this.world.device(id).options.capabilities.silenceIsRefusal;
  }

  /** A later rotation without faults always gets there. */
  async #endsWell(): Promise<void> {
    const ends: string[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const run: Run = { start: 'rotate', policy: 'forward', cancelAt: null, joinAt: null, intruderAt: null };
      const order = { plan: this.world.plan('forward'), token: this.#token(), policy: 'forward' as const };
      this.trace.push(`at last ${order.token.slice(0, 8)}`);
      const rotated = await this.#until(beginRotation(order, this.world.time.now()), run);
      const { state, reason } = rotated?.end ?? { state: 'crashed', reason: null };
      ends.push(`${state}(${reason})`);
      const limit = reason === 'lockout' ? 'locksAtOnce' : reason === 'vacuous' ? 'silent' : null;
      const limited = this.#scenario.devices.some(({ profile }) => profile === limit);
      if (state === 'rotated' || (state === 'replaced' && limited)) return;
      await this.#dayAndNight();
    }
    this.checker.problems.push(`it never ends well: ${ends.join(', ')}`);
  }
}

/** No login finds out whether a driver lies about these; that it does not, its contract suite shows on the real thing. */
function isBeyondLogins({ kind }: Fault, { verb }: FaultyCall): boolean {
  return (kind === 'lied' || kind === 'lazy') && ['endSessions', 'suspend', 'confirm'].includes(verb);
}

function eventsBetween(run: Run, from: number, to: number, now: number): readonly RotationEvent[] {
  const isNow = (at: number | null) => at !== null && at >= from && at <= to;
  return [
    ...(isNow(run.cancelAt) ? [{ event: 'cancel' } as const] : []),
    ...(isNow(run.joinAt) ? [{ event: 'join', join: { policy: 'forward', cleanAfter: now } } as const] : []),
  ];
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

function estateOf({ devices, issued, sharedRealm, copies, stragglers }: Scenario) {
  const vaults = ['primary', 'cloud', 'spare'].slice(0, copies);
  const timing = { stragglerMs: stragglers ? 600_000 : 0, soakMs: stragglers ? 60_000 : 0 };
  if (issued) {
    const kind = 'approle-secret-id' as const;
    return { vaults, timing, kind, devices: [{ id: 'd0', capabilities: issuing }] };
  }
  return {
    vaults,
    timing,
    devices: devices.map(({ profile, self }, index) => ({
      id: `d${index}`,
      capabilities: profiles[profile],
      self,
      ...(sharedRealm ? { realm: 'shared' } : {}),
    })),
  };
}
