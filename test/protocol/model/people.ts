import { DriverError } from '../../../src/model/errors.js';
import type { FailurePolicy } from '../../../src/model/policy.js';
import { reinstate } from '../../../src/recover/reinstate.js';
import { account, type Hooks, type MemoryEstate } from '../../harness/memoryEstate.js';
import type { Checker } from './checker.js';
import type { Scenario } from './scenario.js';
import type { Trace } from './trace.js';

export type Interference = 'personWrites' | 'personChanges' | 'personDeletes';

const context = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY };

/** Nothing goes wrong with these calls. */
export const faultless: Hooks = { trouble: async () => null, done: async () => {} };

/** Everybody beside relock, with tools of their own; and the operator who lets a suspended account in again. */
export class People {
  readonly #world: MemoryEstate;
  readonly #checker: Checker;
  readonly #trace: Trace;
  #acts = 0;

  constructor(world: MemoryEstate, checker: Checker, trace: Trace) {
    this.#world = world;
    this.#checker = checker;
    this.#trace = trace;
  }

  async act(kind: Interference): Promise<void> {
    this.#acts += 1;
    const value = this.#world.value(`person${this.#acts}`);
    this.#checker.foreign(value);
    if (kind === 'personChanges') for (const id of this.#ids()) this.#world.device(id).setAccount(account, [value]);
    await this.#world.personWrites(this.#world.primary, kind === 'personDeletes' ? null : value);
    await this.#checker.interfered();
  }

  /** Somebody changed this before relock began. */
  async drift(where: Scenario['drift']): Promise<void> {
    const [, second] = [...this.#world.documents.keys()];
    const [id] = this.#ids();
    if (where === 'none') return;
    if (where === 'absent') {
      this.#checker.foreign(this.#world.value('first'));
      return this.#world.personWrites(this.#world.primary, null);
    }
    const value = this.#world.value(where === 'copy' ? 'other copy' : 'by hand');
    this.#checker.foreign(value);
    if (where === 'copy' && second !== undefined) await this.#world.personWrites(second, value);
    if (where === 'device' && id !== undefined) this.#world.device(id).setAccount(account, [value]);
  }

  /** The first target's management secret is past `applied` for so long: its readers may get one that is refused. */
  async rotateManagement(forMs: number): Promise<void> {
    const { time, primary } = this.#world;
    const [id] = this.#ids();
    const vault = this.#world.seenBy(faultless).vaults.get(primary);
    if (id === undefined || vault === undefined || this.#checker.fenced.has(id)) return;
    this.#acts += 1;
    const path = `mgmt/${id}`;
    const by = { token: String(this.#acts).padStart(64, 'f'), head: 'management' };
    const whose = { credential: path, descriptorDigest: 'm', maker: 'generated', ownedFields: ['password'] } as const;
    await vault.open(path, { ...by, ...whose, policy: 'restore', targets: [id], at: time.now() }, context);
    await vault.note(path, by, { phase: 'applied' }, context);
    this.#checker.fenced.set(id, time.now());
    time.later(forMs, async () => {
      await vault.finish(path, by, { end: 'rotated', at: time.now() }, context);
      this.#checker.fenced.delete(id);
    });
  }

  /** As `relock reinstate` does. What goes wrong is told to the operator, who may say it again. */
  async reinstate(policy: FailurePolicy, hooks: Hooks = faultless): Promise<void> {
    const { record } = await this.#world.ledger(this.#world.primary);
    if (record === null || record.suspended.length === 0) return;
    try {
      await reinstate(this.#world.seenBy(hooks), record, policy, this.#world.clock);
      this.#trace.say(() => 'reinstated');
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      this.#trace.say(() => `not reinstated: ${error.code}`);
    }
  }

  /** Realms forget refusals long before that. */
  async dayAndNight(): Promise<void> {
    await this.#world.time.pass(25 * 3_600_000);
    for (const id of this.#ids()) this.#world.device(id).unlock(account);
  }

  #ids(): readonly string[] {
    return [...this.#world.estate.targets.keys()];
  }
}
