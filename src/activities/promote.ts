import type { CallContext } from '../contracts/context.js';
import type { Opening, RotationRecord, VersionId } from '../model/record.js';
import type { CommandOf, Results } from '../protocol/commands.js';
import { candidateOf, openSecondary } from './copies.js';
import type { Copy, Resolved } from './resolve.js';

/** Gives the primary's readers the candidate; somebody else's value there is held and reported instead. */
export async function promotePrimary(
  resolved: Resolved,
  token: string,
  ifCurrent: VersionId | null,
  context: CallContext,
): Promise<Results['promote']> {
  const { primary } = resolved;
  const promoted = await primary.vault.promote(primary.path, token, ifCurrent, context);
  return promoted === 'promoted' ? 'promoted' : holdStranger(resolved, primary, token, context);
}

/** Held in the primary, under a name that the same value gets again. */
async function holdStranger(
  resolved: Resolved,
  copy: Copy,
  token: string,
  context: CallContext,
): Promise<Results['promote']> {
  const { primary, ownedFields, targets } = resolved;
  const value = await copy.vault.read(copy.path, 'current', context);
  const before = await primary.vault.state(primary.path, context);
  const label = `stranger${before.record?.olds.length ?? 0}`;
  const record = await primary.vault.hold(
    primary.path,
    token,
    { role: 'old', label, secret: value.pick(ownedFields), mayBeAt: targets },
    context,
  );
  return { stranger: strangerIn(record, label), record };
}

function strangerIn(record: RotationRecord, label: string): VersionId {
  const version = record.olds.find((old) => old.endsWith(label));
  return version ?? candidateOf(record);
}

/**
 * A secondary copy follows the primary. What its readers get was compared when the rotation opened; a value that came
 * since is held in the primary first, and written over only when the protocol names it.
 */
export async function promoteSecondary(
  resolved: Resolved,
  opening: Opening,
  command: CommandOf<'promote'>,
  context: CallContext,
): Promise<Results['promote']> {
  const { primary, others } = resolved;
  const copy = others.find((each) => each.ref === command.copy);
  if (copy === undefined) return 'promoted';
  const { record } = await primary.vault.state(primary.path, context);
  const candidate = await primary.vault.read(primary.path, record === null ? 'current' : candidateOf(record), context);
  const secondary = await openSecondary(copy, opening, context);
  if (secondary === null) return 'promoted';
  await copy.vault.stage(copy.path, opening.token, async () => candidate, context);
  const expected = await expectedThere(resolved, copy, secondary, command.ifCurrent, context);
  const promoted = await copy.vault.promote(copy.path, opening.token, expected, context);
  return promoted === 'promoted' ? 'promoted' : holdStranger(resolved, copy, opening.token, context);
}

/** The version, in the copy's own vault, of what its readers may get: its base, or the value that the protocol judged. */
async function expectedThere(
  { primary, ownedFields }: Resolved,
  copy: Copy,
  secondary: RotationRecord,
  ifCurrent: VersionId | null,
  context: CallContext,
): Promise<VersionId | null> {
  if (ifCurrent === null || !ifCurrent.includes('stranger')) return secondary.base;
  const value = (await primary.vault.read(primary.path, ifCurrent, context)).pick(ownedFields);
  const label = 'judged';
  const held = await copy.vault.hold(
    copy.path,
    secondary.token,
    { role: 'old', label, secret: value, mayBeAt: [] },
    context,
  );
  return held.olds.find((old) => old.endsWith(label)) ?? secondary.base;
}
