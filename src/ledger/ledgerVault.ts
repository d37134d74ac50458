import pLimit from 'p-limit';
import type { CallContext } from '../contracts/context.js';
import type {
  Hold,
  Opened,
  PathState,
  Promoted,
  SecretPath,
  VaultBackend,
  VaultFinding,
} from '../contracts/vaultBackend.js';
import type { EndState } from '../model/endStates.js';
import { DriverError } from '../model/errors.js';
import { type Opening, type RecordChange, type RotationRecord, recordPhases, type VersionId } from '../model/record.js';
import type { Instant } from '../model/time.js';
import { isVersionOf } from '../model/versionNames.js';
import type { Secret } from '../secret/secret.js';
import {
  dropVersion,
  finishDocument,
  holdVersion,
  type LedgerDocument,
  noteChange,
  type OpenDocument,
  openDocument,
  stageCandidate,
  targetsOf,
} from './document.js';
import type { DocumentStore, StoredDocument } from './documentStore.js';
import { type Change, Ledger } from './ledger.js';
import { fieldThatIsNotText, ownedValue, withOwned } from './readersContent.js';

/** Documents read at once when all of them are looked at. */
const readsAtOnce = 16;

/**
 * The semantics of `VaultBackend`, over any `DocumentStore`. Per path there are two documents, each written whole and
 * by compare-and-set: the readers' own, and relock's, which holds the record and every held version.
 */
export class LedgerVault implements VaultBackend {
  readonly driver: string;
  readonly #store: DocumentStore;
  readonly #ledger: Ledger;
  readonly #now: () => Instant;

  constructor(store: DocumentStore, now: () => Instant) {
    this.driver = store.driver;
    this.#store = store;
    this.#ledger = new Ledger(store);
    this.#now = now;
  }

  async check(paths: readonly SecretPath[], context: CallContext): Promise<readonly VaultFinding[]> {
    for (const path of paths) this.#ledger.requirePath(path);
    return this.#store.check(paths, context);
  }

  async list(prefix: SecretPath, context: CallContext): Promise<readonly SecretPath[]> {
    if (prefix !== '') this.#ledger.requirePath(prefix);
    return this.#store.list('readers', prefix, context);
  }

  async state(path: SecretPath, context: CallContext): Promise<PathState> {
    const document = await this.#ledger.load(path, context);
    const { leftovers, rotatedAt, spent } = document;
    return { record: await this.#recordAsItIs(path, document, context), leftovers, rotatedAt, spent };
  }

  async openRecords(context: CallContext): Promise<readonly SecretPath[]> {
    const paths = await this.#store.list('relock', '', context);
    const limit = pLimit(readsAtOnce);
    const open = await Promise.all(
      paths.map((path) => limit(async () => (await this.#ledger.load(path, context)).record !== null)),
    );
    return paths.filter((_, index) => open[index]);
  }

  async open(path: SecretPath, opening: Opening, context: CallContext): Promise<Opened> {
    return this.#ledger.change<Opened>(path, context, async (document) => {
      const spent = document.spent.find((entry) => entry.token === opening.token);
      if (spent !== undefined) return unchanged({ kind: 'spent', spent });
      const record = await this.#recordAsItIs(path, document, context);
      if (record !== null) return unchanged({ kind: record.token === opening.token ? 'opened' : 'held', record });
      if (Object.keys(document.leftovers).some((version) => isVersionOf(opening.token, version))) {
        throw this.#ledger.problems.spent(path);
      }
      const { content } = await this.#readReaders(path, opening.ownedFields, context);
      const next = openDocument(document, opening, ownedValue(content, opening.ownedFields));
      return { document: next, result: { kind: 'opened', record: next.record } };
    });
  }

  async note(path: SecretPath, token: string, change: RecordChange, context: CallContext): Promise<RotationRecord> {
    return this.#changeOpen(path, token, context, (document) => noteChange(document, change));
  }

  async hold(path: SecretPath, token: string, held: Hold, context: CallContext): Promise<RotationRecord> {
    return this.#changeOpen(path, token, context, (document) => holdVersion(document, held));
  }

  async stage(
    path: SecretPath,
    token: string,
    make: () => Promise<Secret>,
    context: CallContext,
  ): Promise<RotationRecord> {
    const before = this.#requireStageable(path, await this.#ledger.load(path, context), token);
    if (before.record.candidate !== null) return before.record;
    const secret = await make();
    const missing = before.record.ownedFields.find((field) => !secret.has(field));
    if (missing !== undefined) throw this.#ledger.problems.incomplete(path, missing);
    return this.#ledger.change(path, context, (document) => {
      const open = this.#requireStageable(path, document, token);
      if (open.record.candidate !== null) return unchanged(open.record);
      const next = stageCandidate(open, secret, this.#now());
      return { document: next, result: next.record };
    });
  }

  async read(path: SecretPath, version: 'current' | VersionId, context: CallContext): Promise<Secret> {
    if (version !== 'current') return this.#held(path, await this.#ledger.load(path, context), version);
    this.#ledger.requirePath(path);
    const { content } = await this.#store.read('readers', path, context);
    if (content === null || content.fields.fieldNames().length === 0) throw this.#ledger.problems.noValue(path);
    return content.fields;
  }

  async promote(path: SecretPath, token: string, ifCurrent: VersionId | null, context: CallContext): Promise<Promoted> {
    const document = this.#ledger.requireOpen(path, await this.#ledger.load(path, context), token);
    if (document.record.candidate === null) throw this.#ledger.problems.nothingStaged(path);
    const { ownedFields } = document.record;
    const candidate = this.#held(path, document, document.record.candidate);
    const expected = ifCurrent === null ? null : this.#held(path, document, ifCurrent);
    const promoted = await this.#ledger.untilWritten<Promoted>(path, async () => {
      const { content, revision } = await this.#readReaders(path, ownedFields, context);
      const current = ownedValue(content, ownedFields);
      if (isSame(current, candidate, ownedFields)) return { result: 'promoted' };
      if (!isSame(current, expected, ownedFields)) return { result: 'conflict' };
      const next = withOwned(content, candidate, ownedFields);
      const outcome = await this.#store.write('readers', path, next, revision, context);
      return outcome === 'conflict' ? outcome : { result: 'promoted' };
    });
    if (promoted === 'promoted') await this.#noteAfter(path, token, context);
    return promoted;
  }

  /** Readers get it already: an error of this note must not read as if nothing had happened. */
  async #noteAfter(path: SecretPath, token: string, context: CallContext): Promise<void> {
    try {
      await this.note(path, token, { phase: 'promoted' }, context);
    } catch (error) {
      if (!(error instanceof DriverError) || error.effect === 'unknown') throw error;
      const { code, driver, subject, message } = error;
      throw new DriverError({ code, effect: 'unknown', driver, subject, message });
    }
  }

  async release(path: SecretPath, version: VersionId, context: CallContext): Promise<void> {
    await this.#ledger.change(path, context, async (document) => {
      const value = document.held.get(version);
      if (value === undefined) return unchanged(undefined);
      const targets = targetsOf(document, version);
      if (targets.length > 0)
        throw this.#ledger.problems.stillNeeded(path, version, `${targets.join(', ')} may accept it`);
      const { content } = await this.#store.read('readers', path, context);
      if (isSame(ownedValue(content, document.ownedFields), value, document.ownedFields)) {
        throw this.#ledger.problems.stillNeeded(path, version, 'readers get its value');
      }
      return { document: dropVersion(document, version), result: undefined };
    });
  }

  async finish(path: SecretPath, token: string, end: EndState, at: Instant, context: CallContext): Promise<void> {
    await this.#ledger.change(path, context, (document) => {
      if (document.spent.some((entry) => entry.token === token)) return unchanged(undefined);
      const open = this.#ledger.requireOpen(path, document, token);
      return { document: finishDocument(open, end, at), result: undefined };
    });
  }

  async #changeOpen(
    path: SecretPath,
    token: string,
    context: CallContext,
    compute: (document: OpenDocument) => OpenDocument,
  ): Promise<RotationRecord> {
    return this.#ledger.change(path, context, (document) => {
      const open = this.#ledger.requireOpen(path, document, token);
      const next = compute(open);
      return { document: next === open ? null : next, result: next.record };
    });
  }

  #requireStageable(path: SecretPath, document: LedgerDocument, token: string): OpenDocument {
    if (document.spent.some((entry) => entry.token === token)) throw this.#ledger.problems.spent(path);
    const open = this.#ledger.requireOpen(path, document, token);
    const { candidate } = open.record;
    if (candidate !== null && !open.held.has(candidate)) throw this.#ledger.problems.spent(path);
    return open;
  }

  #held(path: SecretPath, document: LedgerDocument, version: VersionId): Secret {
    const secret = document.held.get(version);
    if (secret === undefined) throw this.#ledger.problems.noVersion(path, version);
    return secret;
  }

  async #readReaders(path: SecretPath, ownedFields: readonly string[], context: CallContext): Promise<StoredDocument> {
    const stored = await this.#store.read('readers', path, context);
    const field = fieldThatIsNotText(stored.content, ownedFields);
    if (field !== null) throw this.#ledger.problems.notText(path, field);
    return stored;
  }

  /**
   * The open record; with phase `promoted` also when readers already get the candidate but the note about it was never
   * written (a crash or a lost reply in between): from there on nothing may be undone.
   */
  async #recordAsItIs(
    path: SecretPath,
    document: LedgerDocument,
    context: CallContext,
  ): Promise<RotationRecord | null> {
    const { record } = document;
    const candidate = record?.candidate == null ? undefined : document.held.get(record.candidate);
    if (record === null || candidate === undefined || isPast(record)) return record;
    const { content } = await this.#store.read('readers', path, context);
    const promoted = isSame(ownedValue(content, record.ownedFields), candidate, record.ownedFields);
    return promoted ? { ...record, phase: 'promoted' } : record;
  }
}

function unchanged<Result>(result: Result): Change<Result> {
  return { document: null, result };
}

function isPast(record: RotationRecord): boolean {
  return recordPhases.indexOf(record.phase) >= recordPhases.indexOf('promoted');
}

function isSame(one: Secret | null, other: Secret | null, ownedFields: readonly string[]): boolean {
  if (one === null || other === null) return one === other;
  return one.equals(other, ownedFields);
}
