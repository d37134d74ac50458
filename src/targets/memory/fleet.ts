import type { Capabilities } from '../../model/capabilities.js';
import type { TargetId } from '../../model/record.js';
import type { Instant } from '../../model/time.js';
import { Secret } from '../../secret/secret.js';

export interface MemoryDeviceOptions {
  readonly capabilities: Capabilities;
  /** The fields that make two secrets the same. */
  readonly fields: readonly string[];
  /** The authority that counts refused logins; default: the device's id. */
  readonly realm?: string;
  /** The only management login that it accepts; null: none. */
  readonly management: { readonly account: string; readonly secret: Secret } | null;
  /** Its own rules for new secrets. Default: it takes all. */
  readonly refuses?: (secret: Secret) => boolean;
  /** How many secrets an account may have at once; default 2. */
  readonly slots?: number;
}

/** One secret that an account accepts. */
interface Accepted {
  readonly slot: string;
  readonly secret: Secret;
  /** null: it lives until somebody takes it out. */
  readonly diesAt: Instant | null;
}

interface Account {
  accepted: readonly Accepted[];
  /** What is there after a restart. */
  saved: readonly Accepted[];
  /** When a change that nobody confirmed is taken back; null: nothing waits. */
  revertsAt: Instant | null;
  suspended: boolean;
  /** Every login is refused, and only management sees that the secret is not why. */
  closed: boolean;
  /** Its own secret is too young for the account to change it. */
  young: boolean;
  /** Starts of sessions that are open. */
  sessions: readonly Instant[];
}

/** Refused logins since the last good one, per account. */
type Refusals = Map<string, number>;

/** One simulated device: deterministic, never failing by itself. */
export class MemoryDevice {
  readonly id: TargetId;
  readonly options: MemoryDeviceOptions;
  /** false: nobody listens. */
  reachable = true;
  readonly #accounts = new Map<string, Account>();
  readonly #refusals: Refusals;
  readonly #now: () => Instant;
  #made = 0;

  constructor(id: TargetId, options: MemoryDeviceOptions, refusals: Refusals, now: () => Instant) {
    this.id = id;
    this.options = options;
    this.#refusals = refusals;
    this.#now = now;
  }

  get now(): Instant {
    return this.#now();
  }

  /** Creates the account, or makes it as new. */
  setAccount(name: string, secrets: readonly Secret[]): void {
    const accepted = secrets.map((secret) => this.#slotFor(secret, null));
    this.#accounts.set(name, {
      accepted,
      saved: accepted,
      revertsAt: null,
      suspended: false,
      closed: false,
      young: false,
      sessions: [],
    });
    this.#refusals.delete(name);
  }

  has(name: string): boolean {
    return this.#accounts.has(name);
  }

  /** Which of these an attacker could use right now; changes nothing and counts nothing. */
  accepts(name: string, secret: Secret): boolean {
    const account = this.#settled(name);
    return !account.suspended && !account.closed && !this.locked(name) && this.holds(name, secret);
  }

  /** The secret is set there, whether or not the account is open. */
  holds(name: string, secret: Secret): boolean {
    return this.#settled(name).accepted.some((one) => this.#same(one.secret, secret));
  }

  /** A login attempt, which counts. */
  logIn(name: string, secret: Secret): 'accepted' | 'rejected' | 'barred' {
    if (this.#settled(name).suspended || this.locked(name)) return 'barred';
    if (this.holds(name, secret) && !this.isClosed(name)) {
      this.#refusals.delete(name);
      return 'accepted';
    }
    this.#refusals.set(name, this.refusals(name) + 1);
    return this.locked(name) ? 'barred' : 'rejected';
  }

  refusals(name: string): number {
    return this.#refusals.get(name) ?? 0;
  }

  locked(name: string): boolean {
    const threshold = this.options.capabilities.lockoutThreshold;
    return threshold !== null && this.refusals(name) >= threshold;
  }

  unlock(name: string): void {
    this.#refusals.delete(name);
  }

  slots(name: string): readonly string[] {
    return this.#settled(name).accepted.map((one) => one.slot);
  }

  /** Makes it accept `next`; what becomes of the others is the device's kind. */
  change(name: string, next: Secret): void {
    if (this.holds(name, next)) return;
    const account = this.#settled(name);
    this.#write(name, [...this.#survivors(account.accepted), this.#slotFor(next, null)]);
  }

  #survivors(accepted: readonly Accepted[]): readonly Accepted[] {
    const { overlap, oldDies } = this.options.capabilities;
    if (typeof oldDies === 'object') {
      return accepted.map((one) => ({ ...one, diesAt: one.diesAt ?? this.now + oldDies.afterMs }));
    }
    if (oldDies === 'afterSecondChange') return accepted.slice(-1);
    return overlap ? accepted : [];
  }

  /** A further secret of the device's own making; null when no slot is free. */
  make(name: string): Secret | null {
    const account = this.#settled(name);
    if (account.accepted.length >= (this.options.slots ?? 2)) return null;
    const made = `${this.id}-${this.#made}`;
    const secret = Secret.of(Object.fromEntries(this.options.fields.map((field) => [field, `${field}-${made}`])));
    this.#write(name, [...account.accepted, this.#slotFor(secret, null)]);
    return secret;
  }

  dropSlot(name: string, slot: string): void {
    this.#write(
      name,
      this.#settled(name).accepted.filter((one) => one.slot !== slot),
    );
  }

  /** Takes a secret out, where the device can: `afterMs` devices let it die by itself. */
  retire(name: string, old: Secret): void {
    if (typeof this.options.capabilities.oldDies === 'object') return;
    this.#write(
      name,
      this.#settled(name).accepted.filter((one) => !this.#same(one.secret, old)),
    );
  }

  /** Only this one is left, and a restart does not change that. */
  restore(name: string, secret: Secret): void {
    this.#write(name, [this.#slotFor(secret, null)]);
    this.confirm(name);
  }

  confirm(name: string): void {
    const account = this.#settled(name);
    account.saved = account.accepted;
    account.revertsAt = null;
  }

  /** Off and on again: what was not saved is gone. */
  restart(): void {
    for (const account of this.#accounts.values()) {
      account.accepted = account.saved;
      account.revertsAt = null;
      account.sessions = [];
    }
  }

  setSuspended(name: string, suspended: boolean): void {
    this.#settled(name).suspended = suspended;
  }

  isClosed(name: string): boolean {
    return this.#settled(name).closed;
  }

  /** Nothing opens the account, whatever the secret: closed, suspended, or locked by refused logins. */
  isShut(name: string): boolean {
    return this.isClosed(name) || this.#settled(name).suspended || this.locked(name);
  }

  setClosed(name: string, closed: boolean): void {
    this.#settled(name).closed = closed;
  }

  isYoung(name: string): boolean {
    return this.#settled(name).young;
  }

  setYoung(name: string, young: boolean): void {
    this.#settled(name).young = young;
  }

  openSession(name: string): Instant {
    const account = this.#settled(name);
    const start = this.now;
    account.sessions = [...account.sessions, start];
    return start;
  }

  sessions(name: string): readonly Instant[] {
    return this.#settled(name).sessions;
  }

  endSessions(name: string, before: Instant): void {
    const account = this.#settled(name);
    account.sessions = account.sessions.filter((start) => start >= before);
  }

  #same(one: Secret, other: Secret): boolean {
    return one.equals(other, this.options.fields);
  }

  #slotFor(secret: Secret, diesAt: Instant | null): Accepted {
    this.#made += 1;
    return { slot: `${this.id}-slot-${this.#made}`, secret, diesAt };
  }

  /** The account after everything that time alone has done to it. */
  #settled(name: string): Account {
    const account = this.#accounts.get(name);
    if (account === undefined) throw new RangeError(`device ${this.id} has no account ${name}`);
    if (account.revertsAt !== null && account.revertsAt <= this.now) {
      account.accepted = account.saved;
      account.revertsAt = null;
    }
    const lives = ({ diesAt }: Accepted) => diesAt === null || diesAt > this.now;
    if (!account.accepted.every(lives)) account.accepted = account.accepted.filter(lives);
    return account;
  }

  #write(name: string, accepted: readonly Accepted[]): void {
    const account = this.#settled(name);
    const { confirms, timedCommitMs } = this.options.capabilities;
    account.accepted = accepted;
    if (!confirms) account.saved = accepted;
    else if (timedCommitMs !== null) account.revertsAt = this.now + timedCommitMs;
  }
}

/** Simulated devices. All state is here, none in the drivers: a driver made later sees what an earlier one did. */
export class MemoryFleet {
  readonly #now: () => Instant;
  readonly #devices = new Map<TargetId, MemoryDevice>();
  readonly #realms = new Map<string, Refusals>();

  constructor(now: () => Instant) {
    this.#now = now;
  }

  add(id: TargetId, options: MemoryDeviceOptions): MemoryDevice {
    const realm = options.realm ?? id;
    const refusals = this.#realms.get(realm) ?? new Map();
    this.#realms.set(realm, refusals);
    const device = new MemoryDevice(id, options, refusals, this.#now);
    this.#devices.set(id, device);
    return device;
  }

  device(id: TargetId): MemoryDevice {
    const device = this.#devices.get(id);
    if (device === undefined) throw new RangeError(`the fleet has no device ${id}`);
    return device;
  }
}
