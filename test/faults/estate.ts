/** One way from relock to a server, led through a proxy that can break it. */
export interface Line {
  /** `target`, `vault`, `store`, or `target-2` and so on: unique within an estate. */
  readonly id: string;
  /** What is one request: an HTTP request, or a connection and each burst of bytes on it. */
  readonly speaks: 'http' | 'bytes';
  readonly host: string;
  readonly port: number;
}

export type Login = 'accepted' | 'refused' | 'unknown';

/** A secret as the checker knows it: stock tools need it in clear. Lives in the campaign's own process only. */
export interface KnownSecret {
  /** `old`, `person-1`, or the vault's own name for a held version. */
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** All of it seen with stock tools (`ssh`, `psql`, `bao`, `age`, boto3, telnet): no code of relock's drivers. */
export interface Seen {
  /** What readers of each copy get, the primary first; null: nothing. */
  readonly copies: readonly (KnownSecret | null)[];
  /** Everything that the primary vault holds below relock's own path. */
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
  /** A new old secret on every target and in every copy, no record, nothing held, everything up. */
  reset(): Promise<KnownSecret>;
  /** What the vaults say now. */
  look(): Promise<Seen>;
  /** A fresh login at that target, past the proxy. */
  logIn(target: string, secret: KnownSecret): Promise<Login>;
  /** How many secrets the target accepts for the account, where it can tell (lines of authorized_keys, secret-ids); else null. */
  accepts(target: string): Promise<number | null>;
  /** Faults that only this server has: `reboot target`, `seal vault`, `person writes`, `person changes target`… Each undoes itself in `reset`, or when `heal` is called. */
  readonly events: Readonly<Record<string, () => Promise<void>>>;
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the servers and writes relock.yaml, with every line led through the proxy that `through` gives (`host:port`). */
export interface EstateKind {
  /** As in docs/faults.md: `linux × password, openbao`. */
  readonly name: string;
  start(through: (line: Line) => Promise<string>): Promise<FaultEstate>;
}
