import type { HoldingProxy, Passing, Verdict } from '../harness/holdingProxy.js';

/**
 * Where a rotation can be made to stand still, as its vault's traffic shows it: `…Said` when the record says so and whoever wrote it
 * does not know yet; the others right before the next word of that rotation.
 */
export const checkpoints = {
  /** The record is there. */
  opened: after((write) => write.record?.phase === 'opened'),
  /** The old secret was seen to work; no new one exists. */
  checked: before((write) => write.record?.phase === 'staged'),
  /** The new secret is held. */
  staged: after((write) => write.record?.phase === 'staged'),
  /** The record says that the target may have been told; it was not. */
  applied: after((write) => write.record?.phase === 'applied'),
  /** The target was told; nobody has looked. */
  changed: nextAfter((write) => write.record?.phase === 'applied'),
  /** The new secret was seen to work; readers get the old one. */
  verified: beforeReaders(),
  /** Readers get the new one; the record does not say so. */
  promoted: afterReaders(),
  /** The record says so. */
  promotedSaid: after((write) => write.record?.phase === 'promoted'),
  /** Told to take the old one out, as the record says; not done. */
  retired: after((write) => write.record?.phase === 'retired'),
  /** Taken out; nobody has looked. */
  retiredDone: nextAfter((write) => write.record?.phase === 'retired'),
  /** Everything is proven; the record is still there. */
  finishing: before((write) => write.record === null),
  /** The record is gone; nobody heard. */
  finished: after((write) => write.record === null),
  /** The record says that the old one may be put back; it was not. */
  undo: after((write) => write.record?.phase === 'applied', 2),
  /** Put back; nobody has looked. */
  undone: nextAfter((write) => write.record?.phase === 'applied', 2),
  /** The record says that the account may be suspended; it was not. */
  suspended: after((write) => (write.record?.suspended.length ?? 0) > 0),
  /** Suspended; nobody has looked. */
  suspendedDone: nextAfter((write) => (write.record?.suspended.length ?? 0) > 0),
} satisfies Record<string, () => Watch>;
export type Checkpoint = keyof typeof checkpoints;

/** Sees the requests of one rotation, one after the other. */
type Watch = (seen: Seen) => Verdict;

type Seen =
  | { readonly what: 'write'; readonly document: Document }
  | { readonly what: 'readersWrite' }
  | { readonly what: 'other' };

interface Document {
  readonly record: {
    readonly phase: string;
    readonly suspended: readonly string[];
    readonly token: string;
    readonly stagedAt: number | null;
  } | null;
  readonly held: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

type Matches = (document: Document) => boolean;

function counted(matches: Matches, nth: number): (seen: Seen) => boolean {
  let count = 0;
  return (seen) => {
    if (seen.what !== 'write' || !matches(seen.document)) return false;
    count += 1;
    return count === nth;
  };
}

function after(matches: Matches, nth = 1): () => Watch {
  return () => {
    const isIt = counted(matches, nth);
    return (seen) => (isIt(seen) ? 'holdReply' : 'pass');
  };
}

function before(matches: Matches): () => Watch {
  return () => {
    const isIt = counted(matches, 1);
    return (seen) => (isIt(seen) ? 'hold' : 'pass');
  };
}

function nextAfter(matches: Matches, nth = 1): () => Watch {
  return () => {
    const isIt = counted(matches, nth);
    let isPast = false;
    return (seen) => {
      if (isPast) return 'hold';
      isPast = isIt(seen);
      return 'pass';
    };
  };
}

function beforeReaders(): () => Watch {
  return () => (seen) => (seen.what === 'readersWrite' ? 'hold' : 'pass');
}

function afterReaders(): () => Watch {
  return () => (seen) => (seen.what === 'readersWrite' ? 'holdReply' : 'pass');
}

/** Follows the traffic with a vault: which rotation stands still where, and every value that was ever held. */
export class Traffic {
  readonly #mount: string;
  readonly #watches = new Map<string, Watch>();
  readonly #standing = new Set<string>();
  readonly #denied = new Set<string>();
  readonly #values = new Map<string, Set<string>>();
  readonly #madeAt = new Map<string, number>();
  /** How often somebody asked which records there are. */
  lists = 0;
  /** Tokens of the records of each path, as the vault took them. */
  readonly #tokens = new Map<string, (string | null)[]>();

  constructor(proxies: readonly HoldingProxy[], mount: string) {
    this.#mount = mount;
    for (const proxy of proxies) {
      proxy.judge = (passing) => this.#judge(passing);
      proxy.answered = (passing, status) => this.#answered(passing, status);
    }
  }

  stopAt(credential: string, checkpoint: Checkpoint): void {
    this.#watches.set(credential, checkpoints[checkpoint]());
  }

  /** Giving readers of this one a new value is denied by the vault. */
  denyReaders(credential: string): void {
    this.#denied.add(credential);
  }

  allowReaders(credential: string): void {
    this.#denied.delete(credential);
  }

  stands(credential: string): boolean {
    return this.#standing.has(credential);
  }

  /** Nothing more is stopped; what stands still is for the proxies to let go. */
  forgetStops(): void {
    this.#watches.clear();
    this.#standing.clear();
  }

  /** Every value that relock ever held for it. */
  valuesOf(credential: string): ReadonlySet<string> {
    return this.#values.get(credential) ?? new Set();
  }

  /** When the latest new secret was made. */
  lastMadeAt(credential: string): number {
    return this.#madeAt.get(credential) ?? 0;
  }

  /** Whether each record was closed before another rotation's was opened. */
  oneRecordAtATime(credential: string): boolean {
    const tokens = this.#tokens.get(credential) ?? [];
    return tokens.every((token, index) => {
      const last = tokens[index - 1] ?? null;
      return token === null || last === null || token === last;
    });
  }

  #judge(passing: Passing): Verdict {
    if (passing.path.startsWith(`/v1/${this.#mount}/metadata/relock`)) this.lists += 1;
    const { credential, seen } = this.#read(passing);
    if (credential === null) return 'pass';
    if (seen.what === 'write') this.#keep(credential, seen.document);
    if (this.#standing.has(credential)) return 'hold';
    if (seen.what === 'readersWrite' && this.#denied.has(credential)) return 'deny';
    const verdict = this.#watches.get(credential)?.(seen) ?? 'pass';
    if (verdict !== 'pass') this.#standing.add(credential);
    return verdict;
  }

  #read({ method, path, body }: Passing): { credential: string | null; seen: Seen } {
    const own = `/v1/${this.#mount}/data/relock/`;
    const readers = `/v1/${this.#mount}/data/`;
    const isWrite = method !== 'GET';
    if (path.startsWith(own))
      return {
        credential: path.slice(own.length),
        seen: isWrite ? { what: 'write', document: documentIn(body) } : { what: 'other' },
      };
    if (!path.startsWith(readers)) return { credential: null, seen: { what: 'other' } };
    return { credential: path.slice(readers.length), seen: isWrite ? { what: 'readersWrite' } : { what: 'other' } };
  }

  #keep(credential: string, { held }: Document): void {
    const values = this.#values.get(credential) ?? new Set();
    for (const [version, fields] of Object.entries(held)) {
      const value = fields.password ?? fields.private_key;
      if (value !== undefined && !version.startsWith('capture-')) values.add(value);
    }
    this.#values.set(credential, values);
  }

  #answered(passing: Passing, status: number): void {
    const { credential, seen } = this.#read(passing);
    if (credential === null || seen.what !== 'write' || status !== 200) return;
    const { token = null, stagedAt = null } = seen.document.record ?? {};
    if (stagedAt !== null) this.#madeAt.set(credential, Math.max(stagedAt, this.lastMadeAt(credential)));
    this.#tokens.set(credential, [...(this.#tokens.get(credential) ?? []), token]);
  }
}

function documentIn(body: string): Document {
  const { data } = JSON.parse(body) as { data: { relock_document: string } };
  return JSON.parse(data.relock_document) as Document;
}
