import type { CallContext } from '../contracts/context.js';
import type { SecretPath, VaultFinding } from '../contracts/vaultBackend.js';
import type { Secret } from '../secret/secret.js';

/** What readers see at a path, or relock's own document about it, which they must not see. */
export type Place = 'readers' | 'relock';

export interface Content {
  /** Everything that is text. */
  readonly fields: Secret;
  /** Everything that is not (numbers, lists, objects), as JSON text in one field `json`; null: nothing. Kept as it is. */
  readonly rest: Secret | null;
  /** Where it was read as JSON text: that text, in one field `json`. What does not change in it is written as it stood. */
  readonly text?: Secret;
}

export interface StoredDocument {
  /** null: nothing is there now. */
  readonly content: Content | null;
  /** Names this very state, also that nothing is there. Opaque. */
  readonly revision: string;
  /** Where nothing is: what was there and how it went, and what brings it back. */
  readonly gone?: string;
}

/**
 * The port that each vault driver implements; `LedgerVault` makes a `VaultBackend` of it. Paths have been checked by
 * `pathProblem` before they come here. Throws `DriverError` only.
 */
export interface DocumentStore {
  readonly driver: string;
  read(place: Place, path: SecretPath, context: CallContext): Promise<StoredDocument>;
  /** Atomic and durable. `conflict`: the revision is no longer that one, and nothing was written. */
  write(
    place: Place,
    path: SecretPath,
    content: Content,
    ifRevision: string,
    context: CallContext,
  ): Promise<'written' | 'conflict'>;
  /** Every path at or under the prefix (`''`: all), sorted, complete or an error. `readers` never lists relock's own. */
  list(place: Place, prefix: SecretPath, context: CallContext): Promise<readonly SecretPath[]>;
  check(paths: readonly SecretPath[], context: CallContext): Promise<readonly VaultFinding[]>;
  /** Why the path may be mistyped, where nothing is there; null: it looks right. */
  mistyped?(path: SecretPath): string | null;
}
