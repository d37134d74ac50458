import type { Fault, FaultyCall } from '../../../src/decorate/faults.js';
import type { MemoryDevice } from '../../../src/targets/memory/fleet.js';
import { account, type MemoryEstate } from '../../harness/memoryEstate.js';
import type { Checker } from './checker.js';
import type { People } from './people.js';
import type { Trouble } from './scenario.js';
import type { Trace } from './trace.js';

/** What one call meets: a fault of its own, and whether the process that makes it dies there. */
export interface Met {
  readonly fault: Fault | null;
  readonly dies: boolean;
}

const peace: Met = { fault: null, dies: false };

/** Calls are counted over all processes; what the scenario says happens at a call happens there. */
export class Fate {
  calls = 0;
  /** The call after which a process died last. */
  #diedAt = 0;
  #troubles: readonly Trouble[];
  readonly #world: MemoryEstate;
  readonly #checker: Checker;
  readonly #people: People;
  readonly #trace: Trace;

  constructor(
    troubles: readonly Trouble[],
    parts: { world: MemoryEstate; checker: Checker; people: People; trace: Trace },
  ) {
    this.#troubles = troubles;
    this.#world = parts.world;
    this.#checker = parts.checker;
    this.#people = parts.people;
    this.#trace = parts.trace;
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#troubles = [];
  }

  async before(call: FaultyCall): Promise<Met> {
    this.calls += 1;
    await this.#world.time.pass(5);
    const here = this.calls;
    const trouble = this.#troubles.find(({ at }) => at === here);
    if (trouble === undefined) return peace;
    this.#trace.say(() => `${here} ${trouble.what.kind} at ${call.verb} ${call.subject}`);
    return this.#meet(trouble.what, call);
  }

  /** Looks at the whole world; true: the process that made the call dies now. */
  async after(call: FaultyCall): Promise<boolean> {
    const mayChange = !['read', 'list', 'probe', 'enumerate', 'capture'].includes(call.verb);
    await this.#checker.instant(`call ${this.calls}, ${call.verb} ${call.subject}`, mayChange);
    const isDeadly = this.#troubles.some(({ at, what }) => at === this.calls && what.kind === 'crashAfter');
    // Only one process dies of it: something late may come to its end while the number of calls still is that one.
    const dies = isDeadly && this.#diedAt !== this.calls;
    if (dies) this.#diedAt = this.calls;
    return dies;
  }

  async #meet(what: Trouble['what'], call: FaultyCall): Promise<Met> {
    switch (what.kind) {
      case 'crash':
        return { fault: null, dies: true };
      case 'crashAfter':
        return peace;
      case 'restart':
        this.#onDevice(call, (device) => device.restart());
        return peace;
      case 'down':
        this.#onDevice(call, (device) => this.#isAway(device));
        return peace;
      case 'barred':
        this.#onDevice(call, (device) => this.#isBarred(device));
        return peace;
      case 'shut':
        this.#onDevice(call, (device) => this.#isShut(device));
        return peace;
      case 'personWrites':
      case 'personChanges':
      case 'personDeletes':
        await this.#people.act(what.kind);
        return peace;
      case 'managementRotates':
        await this.#people.rotateManagement(what.forMs);
        return peace;
      default:
        return { fault: isBeyondLogins(what, call) ? null : what, dies: false };
    }
  }

  #isAway(device: MemoryDevice): void {
    device.reachable = false;
    this.#world.time.later(90_000, async () => {
      device.reachable = true;
    });
  }

  #isBarred(device: MemoryDevice): void {
    device.setSuspended(account, true);
    this.#world.time.later(90_000, async () => {
      device.setSuspended(account, false);
      this.#checker.interference += 1;
    });
  }

  #isShut(device: MemoryDevice): void {
    device.setClosed(account, true);
    this.#world.time.later(90_000, async () => {
      device.setClosed(account, false);
      this.#checker.interference += 1;
    });
  }

  #onDevice({ subject }: FaultyCall, act: (device: MemoryDevice) => void): void {
    const { targets } = this.#world.estate;
    const id = targets.has(subject) ? subject : [...targets.keys()][0];
    if (id !== undefined) act(this.#world.device(id));
    this.#checker.interference += 1;
  }
}

/** No login finds out whether a driver lies about these; that it does not, its contract suite shows on the real thing. */
function isBeyondLogins({ kind }: Fault, { verb }: FaultyCall): boolean {
  return (kind === 'lied' || kind === 'lazy') && ['endSessions', 'suspend', 'reinstate', 'confirm'].includes(verb);
}
