import pLimit from 'p-limit';
import type { CallContext } from '../contracts/context.js';
import type {
  Closing,
  Hold,
  Opened,
  PathState,
  Promoted,
  SecretPath,
  VaultBackend,
  VaultFinding,
} from '../contracts/vaultBackend.js';
import { type CopyProblem, type CopyShapes, type Expected, noShapes } from '../model/copyShape.js';
import type { EndState } from '../model/endStates.js';
import { DriverError } from '../model/errors.js';
import {
  type Carrier,
  type Opening,
  type RecordChange,
  type RotationRecord,
  recordPhases,
  type SpentToken,
  type VersionId,
} from '../model/record.js';
import type { Instant } from '../model/time.js';
import { candidateVersion, isVersionOf } from '../model/versionNames.js';
import type { Secret } from '../secret/secret.js';
import { copyProblems, typedWithout } from './copyProblems.js';
import {
  dropVersion,
  finishDocument,
  holdVersion,
  type LedgerDocument,
  noteChange,
  type OpenDocument,
  openDocument,
  stageCandidate,
  takenOver,
  targetsOf,
} from './document.js';
import type { Content, DocumentStore, StoredDocument } from './documentStore.js';
import { type Change, Ledger } from './ledger.js';
import { fieldThatIsNotText, ownedValue, withOwned } from './readersContent.js';
import { withShapes } from './shapedDocuments.js';

/** Documents read at once when all of them are looked at. */
const readsAtOnce = 16;

/**
 * The semantics of `VaultBackend`, over any `DocumentStore`. Per path there are two documents, each written whole and
 * by compare-and-set: the readers' own, and relock's, which holds the record and every held version.
 */
export class LedgerVault implements VaultBackend {
  readonly driver: string;
  readonly #store: DocumentStore;
  readonly #shapes: CopyShapes;
  readonly #ledger: Ledger;
  readonly #now: () => Instant;

  constructor(documents: DocumentStore, now: () => Instant, shapes: CopyShapes = noShapes) {
    const store = withShapes(documents, shapes);
    this.#shapes = shapes;
    this.driver = store.driver;
    this.#store = store;
    this.#ledger = new Ledger(store);
    this.#now = now;
  }

  async check(paths: readonly SecretPath[], context: CallContext): Promise<readonly VaultFinding[]> {
    for (const path of paths) this.#ledger.requirePath(path);
    return this.#store.check(paths, context);
  }

  async problems(path: SecretPath, expected: Expected, context: CallContext): Promise<readonly CopyProblem[]> {
    this.#ledger.requirePath(path);
    return this.#problemsOf(path, await this.#store.read('readers', path, context), expected);
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

  async open(path: SecretPath, opening: Opening, context: CallContext, expected?: Expected): Promise<Opened> {
    return this.#ledger.change<Opened>(path, context, async (document) => {
      const spent = spentBy(document, opening);
      if (spent !== undefined) return unchanged({ kind: 'spent', spent });
      const record = await this.#recordAsItIs(path, document, context);
      if (record !== null) return openAgain(document, record, opening);
      if (Object.keys(document.leftovers).some((version) => isVersionOf(opening.token, version))) {
        throw this.#ledger.problems.spent(path);
      }
      const stored = await this.#store.read('readers', path, context);
      if (expected !== undefined) this.#requireFit(path, stored, expected);
      this.#requireText(path, stored.content, opening.ownedFields);
      const value = ownedValue(stored.content, opening.ownedFields);
      const next = withTrimmed(openDocument(document, opening, value), value, expected);
      return { document: next, result: { kind: 'opened', record: next.record } };
    });
  }

  async note(path: SecretPath, by: Carrier, change: RecordChange, context: CallContext): Promise<RotationRecord> {
    return (await this.#changeOpen(path, by, context, (document) => noteChange(document, change))).record;
  }

  async hold(path: SecretPath, by: Carrier, held: Hold, context: CallContext): Promise<RotationRecord> {
    return (await this.#changeOpen(path, by, context, (document) => holdVersion(document, held))).record;
  }

  async stage(
    path: SecretPath,
    by: Carrier,
    make: () => Promise<Secret>,
    context: CallContext,
  ): Promise<RotationRecord> {
    const before = this.#requireStageable(path, await this.#ledger.load(path, context), by);
    if (before.record.candidate !== null) return before.record;
    const secret = await make();
    const missing = before.record.ownedFields.find((field) => !secret.has(field));
    if (missing !== undefined) throw this.#ledger.problems.incomplete(path, missing);
    return this.#ledger.change(path, context, (document) => {
      const open = this.#requireStageable(path, document, by);
      if (open.record.candidate !== null) return unchanged(open.record);
      const next = stageCandidate(open, secret, this.#now());
      return { document: next, result: next.record };
    });
  }

  async read(path: SecretPath, version: 'current' | VersionId, context: CallContext): Promise<Secret> {
    if (version !== 'current') return this.#held(path, await this.#ledger.load(path, context), version);
    this.#ledger.requirePath(path);
    const { content } = await this.#store.read('readers', path, context);
    if (content === null) throw this.#ledger.problems.noValue(path);
    if (content.fields.fieldNames().length === 0) throw this.#ledger.problems.noFields(path);
    return content.fields;
  }

  async promote(path: SecretPath, by: Carrier, ifCurrent: VersionId | null, context: CallContext): Promise<Promoted> {
    const document = await this.#changeOpen(path, by, context, (open) => {
      if (open.record.candidate === null) throw this.#ledger.problems.nothingStaged(path);
      return noteChange(open, { effectsNotAfter: context.deadline });
    });
    const { ownedFields } = document.record;
    const candidate = this.#held(path, document, candidateVersion(by.token));
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
    if (promoted === 'promoted') await this.#noteAfter(path, by.token, context);
    return promoted;
  }

  /** Readers get it already, whoever carries on by now; an error of this note must not read as if nothing had happened. */
  async #noteAfter(path: SecretPath, token: string, context: CallContext): Promise<void> {
    try {
      await this.#ledger.change(path, context, (document) => {
        const open = this.#ledger.requireOpen(path, document, token);
        return written(open, noteChange(open, { phase: 'promoted' }));
      });
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

  async finish(
    path: SecretPath,
    by: Carrier,
    { end, at, last = {} }: Closing,
    context: CallContext,
  ): Promise<EndState | null> {
    return this.#ledger.change<EndState | null>(path, context, (document) => {
      const spent = spentBy(document, by);
      if (spent !== undefined) return unchanged(spent.end);
      const open = this.#ledger.requireCarried(path, document, by);
      const noted = noteChange(open, last);
      if (noted.record.suspended.length > 0) return { ...written(open, noted), result: null };
      return { document: finishDocument(noted, end, at), result: end };
    });
  }

  async #changeOpen(
    path: SecretPath,
    by: Carrier,
    context: CallContext,
    compute: (document: OpenDocument) => OpenDocument,
  ): Promise<OpenDocument> {
    return this.#ledger.change(path, context, (document) => {
      const open = this.#ledger.requireCarried(path, document, by);
      return written(open, compute(open));
    });
  }

  #requireStageable(path: SecretPath, document: LedgerDocument, by: Carrier): OpenDocument {
    if (spentBy(document, by) !== undefined) throw this.#ledger.problems.spent(path);
    const open = this.#ledger.requireCarried(path, document, by);
    const { candidate } = open.record;
    if (candidate !== null && !open.held.has(candidate)) throw this.#ledger.problems.spent(path);
    return open;
  }

  #held(path: SecretPath, document: LedgerDocument, version: VersionId): Secret {
    const secret = document.held.get(version);
    if (secret === undefined) throw this.#ledger.problems.noVersion(path, version);
    return secret;
  }

  #problemsOf(path: SecretPath, stored: StoredDocument, expected: Expected): readonly CopyProblem[] {
    const mistyped = this.#store.mistyped?.(path) ?? null;
    return copyProblems(stored, expected, { fields: this.#shapes.get(path)?.fields ?? {}, mistyped });
  }

  #requireFit(path: SecretPath, stored: StoredDocument, expected: Expected): void {
    const problem = this.#problemsOf(path, stored, expected).find(({ blocks }) => blocks);
    if (problem !== undefined) throw this.#ledger.problems.unfit(path, problem.text);
  }

  async #readReaders(path: SecretPath, ownedFields: readonly string[], context: CallContext): Promise<StoredDocument> {
    const stored = await this.#store.read('readers', path, context);
    this.#requireText(path, stored.content, ownedFields);
    return stored;
  }

  #requireText(path: SecretPath, content: Content | null, ownedFields: readonly string[]): void {
    const field = fieldThatIsNotText(content, ownedFields);
    if (field !== null) throw this.#ledger.problems.notText(path, field);
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

/** What somebody typed, without what no login sends: the account may well be open to that. */
function withTrimmed(document: OpenDocument, value: Secret | null, expected: Expected | undefined): OpenDocument {
  const secret = value === null || expected === undefined ? null : typedWithout(value, expected);
  if (secret === null) return document;
  const { ownedFields, targets } = document.record;
  return holdVersion(document, { role: 'old', label: 'trimmed', secret: secret.pick(ownedFields), mayBeAt: targets });
}

/** How the rotation of this token was closed; undefined: it was not. */
function spentBy({ spent }: LedgerDocument, { token }: Pick<Carrier, 'token'>): SpentToken | undefined {
  return spent.find((entry) => entry.token === token);
}

function unchanged<Result>(result: Result): Change<Result> {
  return { document: null, result };
}

function written(before: OpenDocument, after: OpenDocument): Change<OpenDocument> {
  return { document: after === before ? null : after, result: after };
}

/** Whoever opens a record last carries it on; who lost it so does not take it back. */
function openAgain(document: LedgerDocument, record: RotationRecord, { token, head }: Opening): Change<Opened> {
  if (record.token !== token || record.pastHeads.includes(head)) return unchanged({ kind: 'held', record });
  if (record.head === head) return unchanged({ kind: 'opened', record });
  const mine = takenOver(record, head);
  return { document: { ...document, record: mine }, result: { kind: 'opened', record: mine } };
}

function isPast(record: RotationRecord): boolean {
  return recordPhases.indexOf(record.phase) >= recordPhases.indexOf('promoted');
}

function isSame(one: Secret | null, other: Secret | null, ownedFields: readonly string[]): boolean {
  if (one === null || other === null) return one === other;
  return one.equals(other, ownedFields);
}
