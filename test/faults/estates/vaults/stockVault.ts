import type { Fields, Line } from '../../estate.js';

/** A vault as its owner uses it, with nothing of relock's. */
export interface StockVault {
  /** Its entry in relock.yaml, led through the proxy. */
  readonly settings: object;
  /** What relock needs in its environment to log in. */
  readonly environment: Readonly<Record<string, string>>;
  /** A fresh history at that path: this value (null: nothing), and nothing that relock has ever written about it. */
  plant(path: string, fields: Fields | null): Promise<void>;
  /** What readers of the path get; null: nothing. */
  read(path: string): Promise<Fields | null>;
  /** Where relock keeps its own; null: nothing is there. */
  readOwn(path: string): Promise<Fields | null>;
  /** A person stores a value with the vault's own tool. */
  write(path: string, fields: Fields): Promise<void>;
  /** Faults that this vault can have, such as `seal vault`. */
  readonly events: Readonly<Record<string, () => Promise<void>>>;
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** `id` of the line, as `vault`: also what the events name. `folder` is relock's. */
export type StartVault = (place: {
  readonly id: string;
  readonly folder: string;
  readonly through: (line: Line) => Promise<string>;
}) => Promise<StockVault>;
