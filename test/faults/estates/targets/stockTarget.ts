import type { Fields, Line, Login } from '../../estate.js';

export interface StockTargets {
  readonly kind: string;
  readonly account: string;
  /** Entries in relock.yaml by id, led through the proxy, without `management`. */
  readonly settings: Readonly<Record<string, object>>;
  readonly management: { readonly account: string; readonly fields: Fields };
  /** Which fields a login needs. */
  readonly loginFields: readonly string[];
  /** A secret that no target knows. */
  fresh(): Promise<Fields>;
  /** Every target as new, with one secret, which it gives. */
  plant(): Promise<Fields>;
  /** A person gives that account that secret at the first target, past relock; gives what others may log in with now. */
  change(): Promise<Fields>;
  logIn(target: string, fields: Fields): Promise<Login>;
  accepts(target: string): Promise<number | null>;
  readonly events: Readonly<Record<string, () => Promise<void>>>;
  heal(): Promise<void>;
  stop(): Promise<void>;
}

export type StartTargets = (through: (line: Line) => Promise<string>) => Promise<StockTargets>;
