import type { Place } from '../../ledger/documentStore.js';

/** Where things are in one KV version 2 mount, as API path segments. */
export class Mount {
  /** The folder of relock's own documents; readers' policies must not cover it. */
  static readonly ownFolder = 'relock';

  constructor(readonly name: string) {}

  data(place: Place, path: string): readonly string[] {
    return this.#below('data', place, path);
  }

  metadata(place: Place, path: string): readonly string[] {
    return this.#below('metadata', place, path);
  }

  #below(kind: 'data' | 'metadata', place: Place, path: string): readonly string[] {
    const own = place === 'relock' ? [Mount.ownFolder] : [];
    return [...this.name.split('/'), kind, ...own, ...path.split('/')];
  }
}
