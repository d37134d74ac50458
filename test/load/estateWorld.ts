import type { TargetDriver } from '../../src/contracts/targetDriver.js';
import type { DocumentStore } from '../../src/ledger/documentStore.js';
import { contentFromJson } from '../../src/ledger/jsonContent.js';
import { Secret } from '../../src/secret/secret.js';
import { MemoryTargetDriver } from '../../src/targets/memory/driver.js';
import { MemoryFleet } from '../../src/targets/memory/fleet.js';
import { MemoryDocuments } from '../../src/vaults/memory/documents.js';
import { Journal } from './journal.js';
import { account, type LoadCredential, managementPath } from './loadSpec.js';
import { documentsObject, targetObject } from './remoteDrivers.js';
import { type Truth, Witness, watchedDocuments, watchedTarget } from './witness.js';

/** More than so many problems say no more. */
const mostProblems = 100;

/** Devices and a vault in memory, each credential with its witness; all of it by name, as the estate server wants it. */
export class EstateWorld {
  /** The vault. */
  readonly documents: DocumentStore;
  readonly #targets = new Map<string, TargetDriver>();
  readonly #witnesses = new Map<string, Witness>();
  readonly #unwatched = new MemoryDocuments();
  readonly #fleet = new MemoryFleet(Date.now);
  readonly #credentialOf = new Map<string, string>();
  readonly journal = new Journal(
    (subject) => this.#credentialOf.get(subject),
    (credential, password) => this.#witnesses.get(credential)?.nameOf(password) ?? '',
  );
  readonly #management = Secret.of({ password: 'management-of-all' });

  constructor() {
    this.documents = watchedDocuments(this.#unwatched, (path) => this.#witnesses.get(path));
  }

  /** By the names that the remote drivers use. */
  object(name: string): object | undefined {
    return name === documentsObject ? this.documents : this.#targets.get(name);
  }

  target(id: string): TargetDriver {
    const driver = this.#targets.get(targetObject(id));
    if (driver === undefined) throw new RangeError(`there is no device ${id}`);
    return driver;
  }

  /** All accept one old secret each, and readers get it. */
  async fill(credentials: readonly LoadCredential[]): Promise<void> {
    await this.#write(managementPath, this.#management.revealAll());
    for (const credential of credentials) await this.#add(credential);
  }

  truth(): readonly Truth[] {
    return [...this.#witnesses.values()].map((witness) => witness.truth());
  }

  problems(): readonly string[] {
    return [...this.#witnesses.values()].flatMap(({ problems }) => problems).slice(0, mostProblems);
  }

  async #add({ id, number, devices }: LoadCredential): Promise<void> {
    const old = Secret.of({ password: `the-old-secret-of-${number}` });
    const management = { account: 'root', secret: this.#management };
    const made = devices.map((device) =>
      this.#fleet.add(device.id, { capabilities: device.capabilities, fields: ['password'], management }),
    );
    const witness = new Witness({ id, devices: made, old: old.reveal('password') });
    this.#witnesses.set(id, witness);
    for (const subject of [id, ...devices.map((device) => device.id)]) this.#credentialOf.set(subject, id);
    for (const device of made) {
      device.setAccount(account, [old]);
      this.#targets.set(targetObject(device.id), watchedTarget(new MemoryTargetDriver(device), device.id, witness));
    }
    await this.#write(id, { username: account, ...old.revealAll() });
  }

  async #write(path: string, object: Readonly<Record<string, string>>): Promise<void> {
    await this.#unwatched.write('readers', path, contentFromJson(object), '0');
  }
}
