import type { LedgerDocument, MayBeAt, OpenDocument } from '../../../src/ledger/document.js';
import type { ProbeAnswer } from '../../../src/model/probe.js';
import type { Instant } from '../../../src/model/time.js';
import type { End } from '../../../src/protocol/commands.js';
import type { Secret } from '../../../src/secret/secret.js';
import { account, type MemoryEstate } from '../../harness/memoryEstate.js';

/** What was so when a rotation began. */
export interface Before {
  readonly readers: Secret | null;
  readonly accepted: ReadonlyMap<string, readonly Secret[]>;
  readonly interference: number;
}

interface Login {
  readonly target: string;
  readonly secret: Secret;
  readonly answer: ProbeAnswer;
}

/** Who read a management secret before its own rotation began uses it this long afterwards at most. */
const underWayMs = 31_000;

/** Looks at the whole simulated world from outside, and knows nothing of the protocol. */
export class Checker {
  readonly #world: MemoryEstate;
  /** Every value that relock ever handled. */
  readonly #known: Secret[] = [];
  /** Values that people or attackers set. */
  readonly #foreign: Secret[] = [];
  readonly #accepted: Secret[] = [];
  /** What readers got until a person wrote over it while no rotation was open, and relock had no part in: nobody held it. */
  readonly #excused: Secret[] = [];
  #readers: Secret | null = null;
  #ledger: LedgerDocument | null = null;
  /** Every login since the open record was made. */
  #logins: Login[] = [];
  /** What each target was ever told to take. */
  readonly #sent = new Map<string, readonly Secret[]>();
  /** What readers of the primary ever got. */
  readonly #led: Secret[] = [];
  /** Interference when the open record was made, and which old versions had to die where. */
  #opened = 0;
  #doomed: MayBeAt = {};
  /** How often somebody beside relock changed a device or a vault. */
  interference = 0;
  /** Targets whose management secret is being rotated itself, and since when. */
  readonly fenced = new Map<string, Instant>();
  /** Two heads carry one record, one after the other. */
  twoHeads = false;
  /** Some rotation ended without knowing. */
  #unsettled = false;
  readonly problems: string[] = [];

  constructor(world: MemoryEstate) {
    this.#world = world;
    world.listener = {
      given: (target, secret) => this.#given(target, secret),
      answered: (target, secret, answer) => {
        if (answer === 'accepted') this.#accepted.push(secret);
        this.#logins.push({ target, secret, answer });
      },
      retiring: (target, old) => this.#retiring(target, old),
      reverting: (target) => this.#forwardOnly(target),
      managed: (target) => {
        const since = this.fenced.get(target);
        if (since !== undefined && world.time.now() > since + underWayMs)
          this.#fail(`fence: a management secret that is being rotated was used at ${target}`);
      },
    };
  }

  /** What undo needs is there before the device hears of the new one. */
  #given(target: string, secret: Secret): void {
    this.know(secret);
    const record = this.#ledger?.record;
    if (record?.olds.some((old) => this.#isVersion(old, secret))) this.#forwardOnly(target);
    const { undo } = this.#world.device(target).options.capabilities;
    if (this.#sent.get(target)?.some((one) => this.#same(one, secret)) !== true)
      this.#sent.set(target, [...(this.#sent.get(target) ?? []), secret]);
    if (record == null || undo !== 'capture' || record.policy !== 'restore' || record.base === null) return;
    const readersHaveIt = this.#readers !== null && this.#isVersion(record.candidate ?? '', this.#readers);
    const isPast = readersHaveIt || record.phase === 'promoted' || record.phase === 'retired';
    if (!isPast && record.captures[target] === undefined)
      this.#fail(`undo: ${target} is changed, and what its undo needs is not held`);
  }

  #retiring(target: string, old: Secret): void {
    if (this.#readers !== null && this.#same(this.#readers, old))
      this.#fail(`I4: ${target} was told to retire what readers get`);
    if (this.#isVersion(this.#ledger?.record?.candidate ?? '', old)) this.#forwardOnly(target);
  }

  /** A possibly stolen secret is never put back. */
  #forwardOnly(target: string): void {
    if (this.#ledger?.record?.policy === 'forward' && !this.#world.isLate)
      this.#fail(`forward: ${target} was told to take the old secret back`);
  }

  #isVersion(version: string, secret: Secret): boolean {
    const value = this.#ledger?.held.get(version);
    return value !== undefined && this.#same(value, secret);
  }

  know(secret: Secret): void {
    if (!this.#isIn(this.#known, secret)) this.#known.push(secret);
  }

  foreign(secret: Secret): void {
    this.#foreign.push(secret);
  }

  hasForeign(id: string): boolean {
    return this.#foreign.some((value) => this.#world.device(id).holds(account, value));
  }

  async interfered(): Promise<void> {
    this.interference += 1;
    const { record } = await this.#world.ledger(this.#world.primary);
    if (record === null && this.#readers !== null && !this.#wasSent(this.#readers)) this.#excused.push(this.#readers);
    this.#readers = await this.#world.readersGet(this.#world.primary);
    this.#leads(this.#readers);
  }

  #leads(readers: Secret | null): void {
    if (readers !== null && !this.#isIn(this.#led, readers)) this.#led.push(readers);
  }

  async before(): Promise<Before> {
    const accepted = this.#ids().map((id) => [id, this.#heldBy(id)] as const);
    return {
      readers: await this.#world.readersGet(this.#world.primary),
      accepted: new Map(accepted),
      interference: this.interference,
    };
  }

  /** I1, I2, I4 and the refusal budget: at every instant. */
  async instant(what: string, mayChange: boolean): Promise<void> {
    this.#budget(what);
    if (!mayChange) return;
    const before = this.#ledger;
    this.#ledger = await this.#world.ledger(this.#world.primary);
    for (const held of this.#ledger.held.values()) if (!this.#isIn(this.#foreign, held)) this.know(held);
    const readers = await this.#world.readersGet(this.#world.primary);
    this.#neverLost(what, readers);
    this.#proven(what, readers);
    this.#readers = readers;
    await this.#primaryFirst(what, readers);
    if (before !== null && before.record !== null && before.record.token !== this.#ledger.record?.token)
      this.#closed({ ...before, record: before.record }, this.#ledger, readers);
    if (this.#ledger.record !== null && this.#ledger.record.token !== before?.record?.token)
      this.#begun(this.#ledger.record.mayBeAt);
  }

  #begun(doomed: MayBeAt): void {
    this.#logins = [];
    this.#opened = this.interference;
    this.#doomed = doomed;
  }

  /** Readers of a copy get nothing that readers of the primary did not get before them. */
  async #primaryFirst(what: string, readers: Secret | null): Promise<void> {
    this.#leads(readers);
    const [, ...copies] = this.#world.documents.keys();
    for (const copy of copies) {
      const value = await this.#world.readersGet(copy);
      if (value !== null && !this.#isIn([...this.#led, ...this.#foreign], value))
        this.#fail(`copies: readers of ${copy} get what readers of the primary never got (${what})`);
    }
  }

  /** The record is gone: what its end says must be so, and nothing that a device was told may be forgotten. */
  #closed(before: OpenDocument, now: LedgerDocument, readers: Secret | null): void {
    const spent = now.spent.find(({ token }) => token === before.record.token);
    const candidate = before.held.get(before.record.candidate ?? '');
    if (spent === undefined) {
      this.#fail('the record is gone, and nothing says how it ended');
      return;
    }
    const isIn = spent.end === 'rotated' || spent.end === 'replaced';
    if (candidate !== undefined && !isIn) this.#stillHeld(spent.end, candidate, now, readers);
    if (this.interference !== this.#opened) return;
    if (spent.end === 'rotated') this.#beyondDoubt(readers);
    if (spent.end === 'rotated' && before.record.olds.length === 0)
      this.#fail('closed as rotated, and no old secret was known that could have been refused');
    if (candidate !== undefined && (spent.end === 'untouched' || spent.end === 'rolledBack'))
      for (const id of this.#ids())
        if (this.#world.device(id).holds(account, candidate))
          this.#fail(`closed as ${spent.end}, and ${id} has the new secret`);
  }

  #stillHeld(end: string, candidate: Secret, now: LedgerDocument, readers: Secret | null): void {
    const isRead = readers !== null && this.#same(readers, candidate);
    if (this.#wasSent(candidate) && !this.#isHeld(now, candidate) && !isRead)
      this.#fail(`I1: closed as ${end}, and the candidate that was sent is not held`);
  }

  #wasSent(value: Secret): boolean {
    return [...this.#sent.values()].some((sent) => this.#isIn(sent, value));
  }

  /** Old ones are gone, and at each target one that was seen to work was then refused, right before the new one was accepted. */
  #beyondDoubt(readers: Secret | null): void {
    for (const id of this.#ids()) {
      if (this.#oursAt(id).some((value) => readers === null || !this.#same(value, readers)))
        this.#fail(`closed as rotated, and ${id} accepts an old one`);
      const isDue = Object.values(this.#doomed).some((targets) => targets.includes(id));
      if (isDue && (readers === null || !this.#wasProven(id, readers)))
        this.#fail(`closed as rotated, and no refusal at ${id} beside a control shows it`);
    }
  }

  #wasProven(id: string, current: Secret): boolean {
    const here = this.#logins.filter(({ target }) => target === id);
    const worked = here.find(({ secret, answer }) => answer === 'accepted' && !this.#same(secret, current));
    if (worked === undefined) return false;
    const since = here.slice(here.indexOf(worked) + 1);
    const isRefusal = ({ secret, answer }: Login) => answer === 'rejected' && this.#same(secret, worked.secret);
    // A head that lost its record may still try the old one after the other has proven it dead.
    const refused = this.twoHeads ? since.findIndex(isRefusal) : since.findLastIndex(isRefusal);
    const after = since.findLastIndex(({ secret, answer }) => answer === 'accepted' && this.#same(secret, current));
    return refused >= 0 && after > refused;
  }

  #neverLost(what: string, readers: Secret | null): void {
    const safe = [...(this.#ledger?.held.values() ?? []), ...(readers === null ? [] : [readers]), ...this.#excused];
    for (const id of this.#ids()) {
      for (const value of this.#heldBy(id)) {
        if (!this.#isIn(this.#foreign, value) && !this.#isIn(safe, value))
          this.#fail(`I1: ${id} accepts a value that the primary does not hold (${what})`);
      }
    }
  }

  #proven(what: string, readers: Secret | null): void {
    if (readers === null || (this.#readers !== null && this.#same(readers, this.#readers))) return;
    if (this.#isIn(this.#foreign, readers)) return;
    if (!this.#isIn(this.#accepted, readers)) this.#fail(`I2: readers get what no login has proven (${what})`);
    const replaced = this.#readers;
    if (replaced === null || !this.#isIn(this.#foreign, replaced) || this.#isBase(replaced)) return;
    if (this.#ids().every((id) => this.#world.device(id).accepts(account, replaced)))
      this.#fail(`a person's value that works everywhere was overwritten (${what})`);
  }

  /** What readers got when the rotation began is what it is there to replace. */
  #isBase(value: Secret): boolean {
    const name = this.#ledger?.record?.base ?? null;
    const base = name === null ? undefined : this.#ledger?.held.get(name);
    return base !== undefined && this.#same(base, value);
  }

  /** A refusal that an account met while it did its own work is in its head's count before it is in the record: another begins without it. */
  #budget(what: string): void {
    if (this.twoHeads && [...this.#world.estate.targets.values()].some(({ management }) => management === null)) return;
    for (const id of this.#ids()) {
      const device = this.#world.device(id);
      if (device.options.capabilities.lockoutThreshold === null) continue;
      if (device.refusals(account) > 2) this.#fail(`budget: ${device.refusals(account)} refusals at ${id} (${what})`);
      if (device.locked(account)) this.#fail(`budget: the account is locked at ${id} (${what})`);
    }
  }

  /** I5: an end is what is so. */
  async end(end: End, before: Before): Promise<void> {
    const document = await this.#world.ledger(this.#world.primary);
    const ends = [end.state, ...document.spent.map((spent) => spent.end)];
    if (ends.includes('unverified') || ends.includes('lost')) this.#unsettled = true;
    if (!end.open && end.reason !== 'spent' && document.record !== null)
      this.#fail(`${end.state} says closed, the record is open`);
    if (this.interference !== before.interference || end.reason === 'spent') return;
    const readers = await this.#world.readersGet(this.#world.primary);
    if (end.state === 'rotated') this.#rotated(readers, end);
    if (end.state === 'replaced' && !this.#ids().some((id) => this.#accepts(id, readers)))
      this.#fail('replaced, and no device accepts what readers get');
    if (end.state === 'untouched' || end.state === 'rolledBack') this.#asBefore(end, before, readers);
    if (end.state === 'disabled' && this.#ids().some((id) => this.#accepts(id, readers)))
      this.#fail('disabled, and a device lets the account in');
    if (
      end.state === 'lost' &&
      this.#ids().every((id) => this.#heldBy(id).some((value) => this.#isHeld(document, value)))
    )
      this.#fail('lost, and every device accepts something that is held');
  }

  #rotated(readers: Secret | null, end: End): void {
    for (const id of this.#ids()) {
      if (!this.#accepts(id, readers)) this.#fail(`rotated, and ${id} does not accept what readers get`);
      if (this.#oursAt(id).filter((value) => readers === null || !this.#same(value, readers)).length > 0)
        this.#fail(`rotated, and ${id} accepts an old one`);
      if (
        this.#world.device(id).sessions(account).length > 0 &&
        this.#world.device(id).options.capabilities.endsSessions
      )
        this.#fail(`rotated, and an old session is open at ${id}`);
    }
    if (end.flags.unsaved.length > 0) this.#fail('rotated, and something is unsaved');
  }

  #asBefore(end: End, before: Before, readers: Secret | null): void {
    if (end.reason === 'superseded') return;
    for (const [id, values] of before.accepted) {
      if (this.#revertsByItself(id)) continue;
      const worked = before.readers !== null && this.#isIn(values, before.readers);
      const needed = worked && before.readers !== null ? [before.readers] : values;
      const knownThen = before.readers === null ? values : [...values, before.readers];
      const gone = needed.length > 0 && !needed.some((value) => this.#world.device(id).holds(account, value));
      const more = this.#heldBy(id).some((value) => !this.#isIn(knownThen, value));
      if (gone || more) this.#fail(`${end.state}, and ${id} is not as it was`);
    }
    const same =
      readers === null ? before.readers === null : before.readers !== null && this.#same(readers, before.readers);
    if (!same) this.#fail(`${end.state}, and readers get something else`);
  }

  /** A timed commit that an earlier rotation left unconfirmed is taken back by the device, whoever rotates by then. */
  #revertsByItself(id: string): boolean {
    return this.#unsettled && this.#world.device(id).options.capabilities.timedCommitMs !== null;
  }

  #isHeld(document: LedgerDocument, value: Secret): boolean {
    return this.#isIn([...document.held.values()], value);
  }

  /** An attacker's own key beside ours is not relock's to find, unless it stood in a vault. */
  #oursAt(id: string): readonly Secret[] {
    const found = this.#known.filter((value) => this.#world.device(id).holds(account, value));
    return found.filter((value) => !this.#isIn(this.#excused, value));
  }

  #heldBy(id: string): readonly Secret[] {
    return [...this.#known, ...this.#foreign].filter((value) => this.#world.device(id).holds(account, value));
  }

  #accepts(id: string, value: Secret | null): boolean {
    return value !== null && this.#world.device(id).accepts(account, value);
  }

  #ids(): readonly string[] {
    return [...this.#world.estate.targets.keys()];
  }

  #isIn(values: readonly Secret[], value: Secret): boolean {
    return values.some((one) => this.#same(one, value));
  }

  #same(one: Secret, other: Secret): boolean {
    return one === other || one.equals(other, this.#world.fields);
  }

  #fail(problem: string): void {
    if (this.problems.length === 0) this.problems.push(problem);
  }
}
