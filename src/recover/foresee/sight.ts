import { type Clock, callWithin } from '../../activities/clock.js';
import { heldAs, ownedCurrent } from '../../activities/copies.js';
import { type Copy, type Resolved, resolve } from '../../activities/resolve.js';
import type { CredentialEntry, Estate } from '../../config/estate.js';
import type { CallContext } from '../../contracts/context.js';
import { DriverError } from '../../model/errors.js';
import type { RotationRecord } from '../../model/record.js';
import type { CopyState } from '../../protocol/commands.js';

/** What the vaults tell of an open rotation. Everything was read, nothing written. */
export interface Sight {
  readonly record: RotationRecord;
  readonly copies: Readonly<Record<string, CopyState>>;
  /** Copies whose readers get a value that the record does not hold: somebody else wrote it. */
  readonly strange: readonly string[];
}

export async function look(
  estate: Estate,
  { descriptorDigest }: CredentialEntry,
  record: RotationRecord,
  clock: Clock,
): Promise<Sight> {
  const resolved = resolve(estate, { ...record, descriptorDigest });
  const context = callWithin(clock, estate.timing.callMs);
  const [primary, ...others] = await Promise.all(
    [resolved.primary, ...resolved.others].map((copy) => lookAt(resolved, copy, record, context)),
  );
  const all = [...(primary === undefined ? [] : [primary]), ...others];
  return {
    record,
    copies: Object.fromEntries(all.map(({ ref, seen }) => [ref, seen])),
    strange: all.filter(({ isStrange }) => isStrange).map(({ ref }) => ref),
  };
}

interface Looked {
  readonly ref: string;
  readonly seen: CopyState;
  readonly isStrange: boolean;
}

async function lookAt(resolved: Resolved, copy: Copy, record: RotationRecord, context: CallContext): Promise<Looked> {
  const isPrimary = copy === resolved.primary;
  try {
    const value = await ownedCurrent(copy, resolved.ownedFields, context);
    if (value === null) return { ref: copy.ref, seen: 'absent', isStrange: false };
    const version = await heldAs(resolved, record, value, context);
    const agrees = isPrimary || version === record.base || version === record.candidate;
    return { ref: copy.ref, seen: agrees ? 'agrees' : 'differs', isStrange: version === null };
  } catch (error) {
    if (isPrimary || !(error instanceof DriverError)) throw error;
    return { ref: copy.ref, seen: 'unavailable', isStrange: false };
  }
}
