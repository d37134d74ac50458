import type { Content, DocumentStore, Place, StoredDocument } from '../../ledger/documentStore.js';

/** A vault in this process's memory. It passes the same contract suite as the real ones, and nothing of it is durable. */
export class MemoryDocuments implements DocumentStore {
  readonly driver = 'memory';
  readonly #documents: Readonly<Record<Place, Map<string, { readonly content: Content; readonly revision: number }>>> =
    {
      readers: new Map(),
      relock: new Map(),
    };

  async read(place: Place, path: string): Promise<StoredDocument> {
    const found = this.#documents[place].get(path);
    return { content: found?.content ?? null, revision: String(found?.revision ?? 0) };
  }

  async write(place: Place, path: string, content: Content, ifRevision: string): Promise<'written' | 'conflict'> {
    const revision = this.#documents[place].get(path)?.revision ?? 0;
    if (String(revision) !== ifRevision) return 'conflict';
    this.#documents[place].set(path, { content, revision: revision + 1 });
    return 'written';
  }

  async list(place: Place, prefix: string): Promise<readonly string[]> {
    const under = (path: string) => prefix === '' || path === prefix || path.startsWith(`${prefix}/`);
    return [...this.#documents[place].keys()].filter(under).sort();
  }

  async check(): Promise<readonly never[]> {
    return [];
  }
}
