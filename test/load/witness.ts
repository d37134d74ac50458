import { z } from 'zod';
import type { TargetDriver } from '../../src/contracts/targetDriver.js';
import type { Content, DocumentStore } from '../../src/ledger/documentStore.js';
import { Secret } from '../../src/secret/secret.js';
import type { MemoryDevice } from '../../src/targets/memory/fleet.js';
import { account } from './loadSpec.js';

/** What is so of one credential, seen from outside. Values go by names: `old`, then `value-1` and so on. */
export interface Truth {
  readonly credential: string;
  /** What readers get; null: nothing. */
  readonly readers: string | null;
  /** Everything that each device accepts. */
  readonly accepted: Readonly<Record<string, readonly string[]>>;
  /** Everything that relock keeps of it. */
  readonly held: readonly string[];
  /** Token of the record that is open; null: none is. */
  readonly open: string | null;
  /** Ends by the tokens of finished rotations. */
  readonly spent: Readonly<Record<string, string>>;
}

export interface Watched {
  readonly id: string;
  readonly devices: readonly MemoryDevice[];
  readonly old: string;
}

/** relock's own document, as far as it concerns a witness: read with none of relock's code. */
const ownDocument = z.object({
  record: z.object({ token: z.string() }).nullable(),
  held: z.record(z.string(), z.object({ password: z.string() })),
  spent: z.array(z.object({ token: z.string(), end: z.string() })),
});

/** Sees everything that one credential's vault and devices are told, and what becomes of it at every instant. */
export class Witness {
  readonly problems: string[] = [];
  readonly #credential: Watched;
  readonly #known: string[];
  readonly #proven = new Set<string>();
  #held: ReadonlySet<string> = new Set();
  #readers: string | null;
  #open: string | null = null;
  #spent: Readonly<Record<string, string>> = {};

  constructor(credential: Watched) {
    this.#credential = credential;
    this.#known = [credential.old];
    this.#readers = credential.old;
  }

  /** After readers get something else: it must have been proven by a login. */
  readersGet(content: Content): void {
    const password = content.fields.has('password') ? content.fields.reveal('password') : null;
    if (password === this.#readers) return;
    this.#readers = password;
    if (password === null || !this.#proven.has(password)) this.#fail('I2: readers get what no login has proven');
    this.#neverLost('readers got another value');
  }

  /** After relock's own document was written. */
  keeps(content: Content): void {
    const { record, held, spent } = ownDocument.parse(JSON.parse(content.fields.reveal('relock_document')));
    this.#spent = Object.fromEntries(spent.map(({ token, end }) => [token, end]));
    const before = this.#open;
    this.#open = record?.token ?? null;
    if (before !== null && this.#open !== before && this.#spent[before] === undefined)
      this.#fail('I6: a record that was open is gone, and its rotation has no end');
    this.#held = new Set(Object.values(held).map(({ password }) => password));
    for (const password of this.#held) this.#learn(password);
    this.#neverLost('what relock keeps was written');
  }

  told(device: string, next: Secret): void {
    const password = next.reveal('password');
    this.#learn(password);
    if (!this.#held.has(password)) this.#fail(`I1: ${device} is told a value that is not held`);
  }

  retiring(device: string, old: Secret): void {
    if (old.reveal('password') === this.#readers) this.#fail(`I4: ${device} is told to retire what readers get`);
  }

  loggedIn(secret: Secret): void {
    this.#proven.add(secret.reveal('password'));
  }

  changed(device: string): void {
    this.#neverLost(`${device} was changed`);
  }

  truth(): Truth {
    const devices = this.#credential.devices.map(({ id }) => id);
    return {
      credential: this.#credential.id,
      readers: this.#readers === null ? null : this.nameOf(this.#readers),
      accepted: Object.fromEntries(devices.map((id) => [id, this.#acceptedBy(id).map((one) => this.nameOf(one))])),
      held: [...this.#held].map((one) => this.nameOf(one)).sort(),
      open: this.#open,
      spent: this.#spent,
    };
  }

  #neverLost(what: string): void {
    const safe = (value: string) => value === this.#readers || this.#held.has(value);
    for (const { id } of this.#credential.devices)
      for (const value of this.#acceptedBy(id).filter((one) => !safe(one)))
        this.#fail(`I1: ${id} accepts ${this.nameOf(value)}, which is not held (${what})`);
  }

  #acceptedBy(id: string): readonly string[] {
    const device = this.#credential.devices.find((one) => one.id === id);
    return this.#known.filter((value) => device?.holds(account, Secret.of({ password: value })) === true);
  }

  #learn(value: string): void {
    if (!this.#known.includes(value)) this.#known.push(value);
  }

  /** A value by its name. */
  nameOf(value: string): string {
    const index = this.#known.indexOf(value);
    return index === 0 ? 'old' : `value-${index}`;
  }

  #fail(problem: string): void {
    this.problems.push(`${this.#credential.id}: ${problem}`);
  }
}

/** The vault, with a witness for each path that has one. */
export function watchedDocuments(
  inner: DocumentStore,
  witnessOf: (path: string) => Witness | undefined,
): DocumentStore {
  return {
    driver: inner.driver,
    read: inner.read.bind(inner),
    list: inner.list.bind(inner),
    check: inner.check.bind(inner),
    write: async (...args) => {
      const outcome = await inner.write(...args);
      const [place, path, content] = args;
      if (outcome === 'conflict') return outcome;
      if (place === 'readers') witnessOf(path)?.readersGet(content);
      else witnessOf(path)?.keeps(content);
      return outcome;
    },
  };
}

/** A device's driver, with the credential's witness. */
export function watchedTarget(inner: Required<TargetDriver>, id: string, witness: Witness): TargetDriver {
  const after = async (call: Promise<void>) => {
    await call;
    witness.changed(id);
  };
  return {
    capabilities: inner.capabilities,
    check: (...args) => inner.check(...args),
    capture: (...args) => inner.capture(...args),
    enumerate: (...args) => inner.enumerate(...args),
    probe: async (name, secret, context) => {
      const probed = await inner.probe(name, secret, context);
      if (probed.answer === 'accepted') witness.loggedIn(secret);
      return probed;
    },
    change: (name, via, next, context) => {
      witness.told(id, next);
      return after(inner.change(name, via, next, context));
    },
    retire: (name, via, old, current, context) => {
      witness.retiring(id, old);
      return after(inner.retire(name, via, old, current, context));
    },
    revert: (...args) => after(inner.revert(...args)),
    confirm: (...args) => after(inner.confirm(...args)),
    endSessions: (...args) => after(inner.endSessions(...args)),
  };
}
