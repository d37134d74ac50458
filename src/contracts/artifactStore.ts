import type { CallContext } from './context.js';

/** Slash-separated, `[a-z0-9._/-]`, no `..`. */
export type ArtifactKey = string;

/** Where plans, results, evidence and reports are kept. It holds no secrets. */
export interface ArtifactStore {
  /** Write-once: the same bytes again are a no-op, other bytes under a key throw `Conflict`. Durable before it returns. */
  put(key: ArtifactKey, bytes: Uint8Array, context: CallContext): Promise<void>;
  /** Throws `NotFound`. */
  get(key: ArtifactKey, context: CallContext): Promise<Uint8Array>;
  /** Keys with that prefix, sorted, complete or an error. */
  list(prefix: ArtifactKey, context: CallContext): Promise<readonly ArtifactKey[]>;
}
