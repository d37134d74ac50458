import type { CredentialId } from '../model/record.js';
import type { CallContext } from './context.js';

export interface InventoryEntry {
  readonly id: CredentialId;
  /** Where this entry was read: `relock.yaml:41`, `folder import.csv:7`. */
  readonly provenance: string;
}

/** Says which credentials are shared with a vendor. It never sees a value. */
export interface InventorySource {
  /** Complete, with ids that stay the same from call to call, or it throws. */
  enumerate(vendor: string, context: CallContext): Promise<readonly InventoryEntry[]>;
  /** Problems that would make `enumerate` incomplete. */
  check(context: CallContext): Promise<readonly string[]>;
}
