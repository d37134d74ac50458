import type { CredentialEntry, Estate } from '../../config/estate.js';
import type { RotationRecord } from '../../model/record.js';
import { foresee } from '../../recover/foresee/foresee.js';
import { look } from '../../recover/foresee/sight.js';
import type { CommandContext } from '../command.js';
import { foreseenLines, tellForeseen } from './foreseenWords.js';
import { clockOf, type Told } from './recovery.js';

/** Reads the vaults; makes no login anywhere, and writes nothing. */
export async function dryRun(
  estate: Estate,
  entry: CredentialEntry,
  record: RotationRecord,
  context: CommandContext,
): Promise<Told> {
  const sight = await look(estate, entry, record, clockOf(context));
  const told = tellForeseen(await foresee(estate, entry, sight, context.now()), record.token);
  return {
    outcome: 'done',
    value: { ...recordValue(record), ...told },
    lines: [recordLine(record), ...strangeLines(sight.strange), ...foreseenLines(told)],
  };
}

export function recordValue({ credential, phase, policy, at, token, suspended }: RotationRecord): object {
  return { credential, phase, policy, at, token, suspended };
}

export function recordLine({ credential, phase, policy, at, suspended }: RotationRecord): string {
  const held = suspended.length === 0 ? '' : `, account suspended on ${suspended.join(', ')}`;
  return `${credential}: ${phase}, opened ${new Date(at).toISOString()}, policy ${policy}${held}`;
}

function strangeLines(strange: readonly string[]): readonly string[] {
  if (strange.length === 0) return [];
  return [`  readers of ${strange.join(', ')} get a value that this rotation does not know: somebody else wrote it`];
}
