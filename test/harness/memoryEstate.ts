import type { Clock } from '../../src/activities/clock.js';
import { createRotationVerbs } from '../../src/activities/rotation.js';
import type { CredentialEntry, Estate, TargetEntry, Timing } from '../../src/config/estate.js';
import type { ArtifactStore } from '../../src/contracts/artifactStore.js';
import type { EffectContext } from '../../src/contracts/context.js';
import type { BoundTarget } from '../../src/contracts/registration.js';
import type { TargetDriver } from '../../src/contracts/targetDriver.js';
import type { VaultBackend } from '../../src/contracts/vaultBackend.js';
import type { DelayedFault, Fault, Faults, FaultyCall } from '../../src/decorate/faults.js';
import { withDocumentFaults, withTargetFaults } from '../../src/decorate/faults.js';
import { emptyDocument, type LedgerDocument } from '../../src/ledger/document.js';
import { decodeDocument } from '../../src/ledger/documentFormat.js';
import type { Content } from '../../src/ledger/documentStore.js';
import { contentFromJson } from '../../src/ledger/jsonContent.js';
import { LedgerVault } from '../../src/ledger/ledgerVault.js';
import type { Capabilities } from '../../src/model/capabilities.js';
import { DriverError } from '../../src/model/errors.js';
import type { CredentialKind } from '../../src/model/kinds.js';
import type { FailurePolicy } from '../../src/model/policy.js';
import type { ProbeAnswer } from '../../src/model/probe.js';
import { plainIds } from '../../src/model/workflowIds.js';
import { planRotation } from '../../src/planning/planRotation.js';
import type { Verbs } from '../../src/protocol/verbs.js';
import { Secret } from '../../src/secret/secret.js';
import { MemoryTargetDriver } from '../../src/targets/memory/driver.js';
import { type MemoryDevice, MemoryFleet } from '../../src/targets/memory/fleet.js';
import { MemoryDocuments } from '../../src/vaults/memory/documents.js';
import { VirtualTime } from './virtualTime.js';

export const account = 'svc';
export const path = 'itron/svc';
export const credential = 'itron/svc';
const management = Secret.of({ password: 'management' });

export interface DeviceOptions {
  readonly id: string;
  readonly capabilities: Capabilities;
  /** Devices of one realm count refused logins together. Default: its own. */
  readonly realm?: string;
  /** Default: by the target's management login. */
  readonly self?: boolean;
  /** Its own rules for new secrets. Default: it takes all. */
  readonly refuses?: (secret: Secret) => boolean;
}

export interface EstateOptions {
  readonly devices: readonly DeviceOptions[];
  /** Names of vaults, the primary first. Default: one. */
  readonly vaults?: readonly string[];
  readonly kind?: CredentialKind;
  readonly timing?: Partial<Timing>;
}

/** What devices heard, beside what they are. Called before the device acts. */
export interface Listener {
  given(target: string, secret: Secret): void;
  /** What a login as the account was answered. */
  answered(target: string, secret: Secret, answer: ProbeAnswer): void;
  /** What was captured is put back. */
  reverting(target: string): void;
  retiring(target: string, old: Secret): void;
  /** The account is changed there by the target's management login. */
  managed(target: string): void;
}

/** What goes wrong with the calls of one process, and who is told of those that went well. */
export interface Hooks {
  trouble(call: FaultyCall): Promise<Fault | null>;
  done(call: FaultyCall): Promise<void>;
}

export const timing: Timing = {
  effectMs: 30_000,
  probeAgainMs: 5_000,
  settleDeadlineMs: 60_000,
  stragglerMs: 0,
  soakMs: 0,
  callMs: 20_000,
  probeMs: 10_000,
};

/** Rotations write no artifacts. */
const noArtifacts: ArtifactStore = {
  put: async () => {},
  get: async (key) => {
    throw new DriverError({
      code: 'NotFound',
      effect: 'none',
      driver: 'memory',
      subject: key,
      message: 'nothing there',
    });
  },
  list: async () => [],
};

const fields = {
  password: ['password'],
  'approle-secret-id': ['role_id', 'secret_id', 'secret_id_accessor'],
  'ssh-key': ['private_key', 'public_key'],
} as const satisfies Record<CredentialKind, readonly string[]>;

/** A whole estate in memory, with time, faults and everything that a test wants to look at. */
export class MemoryEstate implements Hooks {
  readonly time = new VirtualTime(1_700_000_000_000);
  readonly fleet = new MemoryFleet(this.time.now);
  readonly documents: ReadonlyMap<string, MemoryDocuments>;
  readonly kind: CredentialKind;
  /** relock.yaml asks for a first adoption. */
  adopt = false;
  readonly estate: Estate;
  readonly #devices: readonly DeviceOptions[];
  /** Decides what goes wrong; default: nothing. */
  trouble: (call: FaultyCall) => Promise<Fault | null> = async () => null;
  /** Told when a call has had its effect. */
  done: (call: FaultyCall) => Promise<void> = async () => {};
  listener: Listener | null = null;
  /** What is written once is read once: looking at the ledger after every call costs nothing then. */
  readonly #decoded = new WeakMap<Content, LedgerDocument>();
  /** Hands look at the time right before they act; false: a defect put in on purpose. */
  heedsDeadlines = true;
  /** A late effect is being done. */
  isLate = false;
  /** It reached its device in time. */
  #reached = false;

  constructor(options: EstateOptions) {
    this.kind = options.kind ?? 'password';
    const vaults = options.vaults ?? ['primary'];
    this.documents = new Map(vaults.map((name) => [name, new MemoryDocuments()]));
    this.#devices = options.devices;
    for (const each of options.devices) this.#addDevice(each);
    this.estate = this.#estateOf(options, vaults);
  }

  device(id: string): MemoryDevice {
    return this.fleet.device(id);
  }

  /** The hands of a process of its own: it shares nothing with others but vaults and devices. */
  verbs(vantage = 'here', hooks: Hooks = this): Verbs {
    return createRotationVerbs({ estate: this.seenBy(hooks), clock: this.clock, vantage });
  }

  get clock(): Clock {
    const { signal } = new AbortController();
    return { now: this.time.now, signal: () => signal };
  }

  /** The estate as one process has it. */
  seenBy(hooks: Hooks): Estate {
    return { ...this.estate, vaults: this.#vaults(hooks), targets: this.#targets(hooks) };
  }

  plan(policy: FailurePolicy) {
    const entry = this.estate.credentials.get(credential);
    if (entry === undefined) throw new RangeError('the estate has no credential');
    return planRotation(this.estate, entry, policy, plainIds).plan;
  }

  get fields(): readonly string[] {
    return fields[this.kind];
  }

  value(text: string): Secret {
    return Secret.of(Object.fromEntries(this.fields.map((field) => [field, `${field}-${text}`])));
  }

  /** What a person writes with their own tools; null: they delete it. */
  async personWrites(vault: string, value: Secret | null): Promise<void> {
    const documents = this.#documentsOf(vault);
    const { revision } = await documents.read('readers', path);
    const content = contentFromJson({ ...value?.revealAll(), ...(value === null ? {} : { notes: 'by hand' }) });
    await documents.write('readers', path, content, revision);
  }

  /** What readers get now; null: nothing of ours. */
  async readersGet(vault: string): Promise<Secret | null> {
    const { content } = await this.#documentsOf(vault).read('readers', path);
    if (content === null || !this.fields.some((field) => content.fields.has(field))) return null;
    return content.fields;
  }

  /** relock's own document, past every fault. */
  async ledger(vault: string): Promise<LedgerDocument> {
    const { content } = await this.#documentsOf(vault).read('relock', path);
    if (content === null) return emptyDocument;
    const known = this.#decoded.get(content) ?? decodeDocument(content);
    this.#decoded.set(content, known);
    return known;
  }

  /** Every vault and every device know this value. */
  async seed(value: Secret): Promise<void> {
    for (const vault of this.documents.keys()) await this.personWrites(vault, value);
    for (const id of this.estate.targets.keys()) this.device(id).setAccount(account, [value]);
    const documents = this.#documentsOf(this.primary);
    for (const id of this.estate.targets.keys()) {
      const { revision } = await documents.read('readers', `mgmt/${id}`);
      await documents.write('readers', `mgmt/${id}`, contentFromJson(management.revealAll()), revision);
    }
  }

  get primary(): string {
    return [...this.documents.keys()][0] ?? '';
  }

  #documentsOf(vault: string): MemoryDocuments {
    const documents = this.documents.get(vault);
    if (documents === undefined) throw new RangeError(`the estate has no vault ${vault}`);
    return documents;
  }

  #addDevice({ id, capabilities, realm, refuses }: DeviceOptions): void {
    const options = { capabilities, fields: this.fields, management: { account: 'root', secret: management } };
    this.fleet.add(id, {
      ...options,
      ...(realm === undefined ? {} : { realm }),
      ...(refuses === undefined ? {} : { refuses }),
    });
  }

  #estateOf(options: EstateOptions, vaults: readonly string[]): Estate {
    const copies = vaults.map((vault) => ({ vault, path }));
    const world = this;
    const entry: CredentialEntry = {
      id: credential,
      vendor: 'itron',
      kind: this.kind,
      account,
      targets: options.devices.map(({ id }) => id),
      copies,
      everyDays: 30,
      get adopt() {
        return world.adopt;
      },
      keyType: null,
      usernameDiffers: false,
      owner: null,
      provenance: 'relock.yaml:1',
      descriptorDigest: 'd'.repeat(64),
    };
    return {
      file: 'relock.yaml',
      credentials: new Map([[credential, entry]]),
      targets: this.#targets(this),
      vaults: this.#vaults(this),
      artifacts: noArtifacts,
      approvals: null,
      codecKeyFile: null,
      opaqueIdsFile: null,
      waves: { canary: 5, size: 200, haltAtFailedPercent: 10, inFlight: 24 },
      timing: { ...timing, ...options.timing },
    };
  }

  #targets(hooks: Hooks): ReadonlyMap<string, TargetEntry> {
    return new Map(this.#devices.map((device) => [device.id, this.#targetOf(device, hooks)]));
  }

  #vaults(hooks: Hooks): ReadonlyMap<string, VaultBackend> {
    return new Map([...this.documents].map(([name, documents]) => [name, this.#vaultOver(documents, name, hooks)]));
  }

  #vaultOver(documents: MemoryDocuments, name: string, hooks: Hooks): VaultBackend {
    const named = {
      driver: name,
      read: documents.read.bind(documents),
      write: documents.write.bind(documents),
      list: documents.list.bind(documents),
      check: documents.check.bind(documents),
    };
    return new LedgerVault(withDocumentFaults(named, this.#faults(hooks)), this.time.now);
  }

  #targetOf({ id, realm, self, capabilities }: DeviceOptions, hooks: Hooks): TargetEntry {
    const driver = withTargetFaults(this.#heard(id), id, this.#faults(hooks));
    const bound: BoundTarget = {
      id,
      host: id,
      realm: realm ?? id,
      kinds: [this.kind],
      capabilities: () => capabilities,
      accountProblem: () => null,
      driver: () => driver,
    };
    const login = { account: 'root', secret: { vault: this.primary, path: `mgmt/${id}` } };
    return { bound, type: 'memory', zone: null, management: self === true ? null : login };
  }

  #faults(hooks: Hooks): Faults {
    return {
      before: (call) => hooks.trouble(call),
      after: (call) => hooks.done(call),
      sleep: (forMs) => this.time.pass(forMs),
      later: (call, fault, act) => this.#later(call, fault, act, hooks),
    };
  }

  /** What reached the device is done while it settles; what did not has the driver's own deadline before it. */
  #later({ subject }: FaultyCall, fault: DelayedFault, act: () => Promise<void>, hooks: Hooks): void {
    const settleMs = this.estate.targets.get(subject)?.bound.capabilities(this.kind).settleMs ?? 0;
    const reached = fault.kind !== 'late';
    this.time.later(reached ? Math.min(fault.forMs, settleMs) : fault.forMs, async () => {
      this.isLate = true;
      this.#reached = reached || !this.heedsDeadlines;
      await act();
      this.isLate = false;
      this.#reached = false;
      await hooks.done({ subject, verb: `${fault.kind} effect` });
    });
  }

  /** The device's driver, with somebody listening. */
  #heard(id: string): TargetDriver {
    const inner = new MemoryTargetDriver(this.device(id));
    const within = (context: EffectContext) =>
      this.#reached ? { ...context, notAfter: Number.POSITIVE_INFINITY, deadline: Number.POSITIVE_INFINITY } : context;
    return {
      capabilities: inner.capabilities,
      check: (name, via, context) => inner.check(name, via, context),
      obstacle: (...args) => inner.obstacle(...args),
      enumerate: (...args) => inner.enumerate(...args),
      capture: (...args) => inner.capture(...args),
      probe: async (name, secret, context) => {
        const probed = await inner.probe(name, secret, context);
        this.listener?.answered(id, secret, probed.answer);
        return probed;
      },
      change: (name, via, next, context) => {
        if (via.as === 'management') this.listener?.managed(id);
        this.listener?.given(id, next);
        return inner.change(name, via, next, within(context));
      },
      revert: (name, via, captured, next, context) => {
        this.listener?.reverting(id);
        if (via.as === 'management') this.listener?.managed(id);
        return inner.revert(name, via, captured, next, within(context));
      },
      retire: (name, via, old, current, context) => {
        if (via.as === 'management') this.listener?.managed(id);
        this.listener?.retiring(id, old);
        return inner.retire(name, via, old, current, within(context));
      },
      make: (name, via, context) => inner.make(name, via, within(context)),
      dropSlot: (name, via, slot, context) => inner.dropSlot(name, via, slot, within(context)),
      confirm: (name, via, context) => inner.confirm(name, via, within(context)),
      endSessions: (name, via, started, context) => inner.endSessions(name, via, started, within(context)),
      suspend: (name, via, context) => inner.suspend(name, via, within(context)),
      reinstate: (name, via, context) => inner.reinstate(name, via, within(context)),
    };
  }
}
