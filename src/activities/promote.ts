import type { CallContext } from '../contracts/context.js';
import { DriverError } from '../model/errors.js';
import type { Carrier, Opening, RotationRecord, VersionId } from '../model/record.js';
import type { CommandOf, Results } from '../protocol/commands.js';
import type { Secret } from '../secret/secret.js';
import { candidateOf, heldAs, holdOld, openSecondary, ownedCurrent, recordAt } from './copies.js';
import { afterEffect } from './effects.js';
import type { Copy, Resolved } from './resolve.js';

/** Gives the primary's readers the candidate; somebody else's value there is held and reported instead. */
export async function promotePrimary(
  resolved: Resolved,
  by: Carrier,
  ifCurrent: VersionId | null,
  context: CallContext,
): Promise<Results['promote']> {
  const { primary, ownedFields } = resolved;
  if ((await primary.vault.promote(primary.path, by, ifCurrent, context)) === 'promoted')
    return done(primary, by.token, context);
  const value = await ownedCurrent(primary, ownedFields, context);
  if (value !== null) return judgeable(resolved, by, value, context);
  const filled = await primary.vault.promote(primary.path, by, null, context);
  if (filled === 'promoted') return done(primary, by.token, context);
  throw writtenMeanwhile(primary);
}

async function done(primary: Copy, token: string, context: CallContext): Promise<Results['promote']> {
  return { stranger: null, record: await afterEffect(() => recordAt(primary, token, context)) };
}

async function judgeable(
  resolved: Resolved,
  by: Carrier,
  value: Secret,
  context: CallContext,
): Promise<Results['promote']> {
  const record = await holdOld(resolved, by, value, context);
  const stranger = await heldAs(resolved, record, value, context);
  if (stranger === null || stranger === record.candidate) throw writtenMeanwhile(resolved.primary);
  return { stranger, record };
}

/** A secondary copy follows the primary: whatever its readers get is held in the primary, then written over. */
export async function promoteSecondary(
  resolved: Resolved,
  opening: Opening,
  command: CommandOf<'promote'>,
  context: CallContext,
): Promise<Results['promote']> {
  const { primary, others, ownedFields } = resolved;
  const copy = others.find((each) => each.ref === command.copy);
  const before = await recordAt(primary, opening.token, context);
  const secondary = copy === undefined ? null : await openSecondary(copy, opening, context);
  if (copy === undefined || secondary === null) return { stranger: null, record: before };
  const candidate = await primary.vault.read(primary.path, candidateOf(before), context);
  await copy.vault.stage(copy.path, opening, async () => candidate, context);
  const value = await ownedCurrent(copy, ownedFields, context);
  const record = value === null ? before : await holdOld(resolved, opening, value, context);
  const expected = value === null ? null : await expectedThere(copy, secondary, value, ownedFields, context);
  const promoted = await copy.vault.promote(copy.path, opening, expected, context);
  if (promoted === 'promoted') return { stranger: null, record };
  throw writtenMeanwhile(copy);
}

/** The name, in the copy's own vault, of what its readers get. */
async function expectedThere(
  copy: Copy,
  secondary: RotationRecord,
  value: Secret,
  ownedFields: readonly string[],
  context: CallContext,
): Promise<VersionId> {
  const { base, olds } = secondary;
  if (base !== null && (await copy.vault.read(copy.path, base, context)).equals(value, ownedFields)) return base;
  const label = `found${olds.length}`;
  const hold = { role: 'old', label, secret: value.pick(ownedFields), mayBeAt: [] } as const;
  const held = await copy.vault.hold(copy.path, secondary, hold, context);
  return held.olds.find((old) => old.endsWith(`-${label}`)) ?? candidateOf(held);
}

function writtenMeanwhile(copy: Copy): DriverError {
  return new DriverError({
    code: 'Conflict',
    effect: 'none',
    driver: copy.vault.driver,
    subject: copy.ref,
    message: `somebody is writing at ${copy.ref} right now; this call wrote nothing there. It is tried again.`,
  });
}
