import type { CallContext } from '../contracts/context.js';
import type { SecretPath } from '../contracts/vaultBackend.js';
import { anyHead, type Carrier } from '../model/record.js';
import type { LedgerDocument, OpenDocument } from './document.js';
import { decodeDocument, encodeDocument } from './documentFormat.js';
import type { Content, DocumentStore } from './documentStore.js';
import { pathProblem } from './paths.js';
import { LedgerProblems } from './problems.js';
import { Turns } from './turns.js';

/** How often a write is tried again after somebody else wrote first. */
const maxAttempts = 8;

export interface Change<Result> {
  /** null: nothing is to be written. */
  readonly document: LedgerDocument | null;
  readonly result: Result;
}

/** relock's own document of each path, with read-modify-write that loses nobody's writing. */
export class Ledger {
  readonly problems: LedgerProblems;
  readonly #store: DocumentStore;
  readonly #turns = new Turns();

  constructor(store: DocumentStore) {
    this.#store = store;
    this.problems = new LedgerProblems(store.driver);
  }

  async load(path: SecretPath, context: CallContext): Promise<LedgerDocument> {
    this.requirePath(path);
    return this.#decode(path, (await this.#store.read('relock', path, context)).content);
  }

  /** Computes a change from the document as it is, and writes it; starts over when somebody wrote in between. */
  async change<Result>(
    path: SecretPath,
    context: CallContext,
    compute: (document: LedgerDocument) => Change<Result> | Promise<Change<Result>>,
  ): Promise<Result> {
    this.requirePath(path);
    const attempt = async () => {
      const { content, revision } = await this.#store.read('relock', path, context);
      const { document, result } = await compute(this.#decode(path, content));
      if (document === null) return { result };
      const outcome = await this.#store.write('relock', path, encodeDocument(document), revision, context);
      return outcome === 'conflict' ? outcome : { result };
    };
    return this.#turns.take(path, () => this.untilWritten(path, attempt));
  }

  /** Attempts again, from the reading on, each time that somebody else wrote first. */
  async untilWritten<Result>(
    path: SecretPath,
    attempt: () => Promise<{ readonly result: Result } | 'conflict'>,
  ): Promise<Result> {
    for (let attempts = 0; attempts < maxAttempts; attempts += 1) {
      const outcome = await attempt();
      if (outcome !== 'conflict') return outcome.result;
    }
    throw this.problems.busy(path);
  }

  requirePath(path: SecretPath): void {
    const problem = pathProblem(path);
    if (problem !== null) throw this.problems.badPath(path, problem);
  }

  /** Throws unless this token's record is the open one. */
  requireOpen(path: SecretPath, document: LedgerDocument, token: string): OpenDocument {
    const { record } = document;
    if (record === null || record.token !== token) throw this.problems.notOpen(path);
    return { ...document, record };
  }

  /** Throws unless this token's record is the open one, and in this head's hands. */
  requireCarried(path: SecretPath, document: LedgerDocument, { token, head }: Carrier): OpenDocument {
    const open = this.requireOpen(path, document, token);
    if (open.record.head !== head && open.record.head !== anyHead) throw this.problems.takenOver(path);
    return open;
  }

  #decode(path: SecretPath, content: Content | null): LedgerDocument {
    try {
      return decodeDocument(content);
    } catch (error) {
      if (error instanceof RangeError) throw this.problems.badDocument(path, error.message);
      throw error;
    }
  }
}
