/** One way from relock to a server, led through a proxy that can break it. */
export interface Line {
  /** `target`, `vault`, `store`, or `target-2` and so on: unique within an estate. */
  readonly id: string;
  /** What is one request: an HTTP request, or a connection and each burst of bytes on it. */
  readonly speaks: 'http' | 'bytes';
  readonly host: string;
  readonly port: number;
}

/** In clear: what stock tools need. Lives in the campaign's own process only. */
export type Fields = Readonly<Record<string, string>>;

export type Login = 'accepted' | 'refused' | 'unknown';

/** A secret as the checker knows it. */
export interface KnownSecret {
  /** `old`, `person-1`, `current` (what readers of a copy get), or the vault's own name for a held version. */
  readonly name: string;
  readonly fields: Fields;
  /** The vendor's own: no vault has ever held it, and the rotation is a first adoption. */
  readonly isVendors?: boolean;
}

/** All of it seen with stock tools (`ssh`, `psql`, `bao`, `age`, boto3, telnet): no code of relock's drivers. */
export interface Seen {
  /** What readers of each copy get, the primary first; null: nothing. */
  readonly copies: readonly (KnownSecret | null)[];
  /** Everything that the primary vault holds below relock's own path and that one can log in with: no hashes for undo. */
  readonly held: readonly KnownSecret[];
  /** relock's record is open there. */
  readonly isOpen: boolean;
}

/** One credential on real servers, which the campaign rotates again and again under faults. */
export interface FaultEstate {
  /** Holds relock.yaml; relock runs with this folder as its own. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly credential: string;
  readonly targets: readonly string[];
  /** A new old secret on every target and, but before a first adoption, in every copy; no record, nothing held, everything up. */
  reset(): Promise<KnownSecret>;
  /** What the vaults say now. */
  look(): Promise<Seen>;
  /** A fresh login at that target, past the proxy. */
  logIn(target: string, secret: KnownSecret): Promise<Login>;
  /** How many secrets the target accepts for the account, where it can tell (lines of authorized_keys, secret-ids); else null. */
  accepts(target: string): Promise<number | null>;
  /**
   * Faults that only these servers have: `reboot target`, `seal vault`, `person writes the vault`… Where a person sets a
   * secret, it is given. `reset` and `heal` undo them, but for what a person did.
   */
  readonly events: Readonly<Record<string, () => Promise<KnownSecret | null>>>;
  /** Everything is up; what comes late has come. What a target wrongly said it had done stays undone. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the servers and writes relock.yaml, with every line led through the proxy that `through` gives (`host:port`). */
export interface EstateKind {
  /** As in docs/faults.md: `linux × password, openbao`. */
  readonly name: string;
  start(through: (line: Line) => Promise<string>): Promise<FaultEstate>;
}
