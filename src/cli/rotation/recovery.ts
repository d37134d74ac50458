import { type Clock, callWithin } from '../../activities/clock.js';
import type { CredentialEntry, Estate } from '../../config/estate.js';
import { reasons } from '../../model/endStates.js';
import type { RotationRecord } from '../../model/record.js';
import { isParked, type WaitReason } from '../../protocol/commands.js';
import { findOpenRecords, type OpenRecord } from '../../recover/findOpenRecords.js';
import { finishRecord } from '../../recover/finishRecord.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { endLines, outcomeOf } from './endWords.js';

export function clockOf(context: CommandContext): Clock {
  return { now: context.now, signal: () => context.signal };
}

export function openRecords(estate: Estate, context: CommandContext): Promise<readonly OpenRecord[]> {
  return findOpenRecords(estate, () => callWithin(clockOf(context), estate.timing.callMs));
}

/** What came, or would come, of one open record. */
export interface Told {
  readonly outcome: Outcome;
  /** For machines. */
  readonly value: object;
  readonly lines: readonly string[];
}

export async function recoverOne(
  estate: Estate,
  entry: CredentialEntry,
  record: RotationRecord,
  context: CommandContext,
): Promise<Told> {
  let phase = '';
  const finished = await finishRecord(estate, entry, record, {
    clock: clockOf(context),
    onStep(state) {
      if (state.phase !== phase) context.out.note(`${entry.id}: ${state.phase}`);
      phase = state.phase;
    },
    onWait: (why, forMs) => context.out.note(`${entry.id}: ${waits(why)}, ${Math.ceil(forMs / 1000)} s`),
  });
  if (finished.kind === 'ended')
    return { outcome: outcomeOf(finished.result), value: finished.result, lines: endLines(finished.result) };
  const why = finished.why === 'interrupted' ? 'interrupted' : waits(finished.why);
  return {
    outcome: 'waiting',
    value: { credential: entry.id, state: 'stopped', reason: finished.why },
    lines: [
      `${entry.id}: stopped: ${why}; the record is still open, and every version that may work is held`,
      `  next: relock recover ${entry.id} again when that has changed`,
    ],
  };
}

function waits(why: WaitReason): string {
  if (isParked(why)) return reasons[why];
  if (why === 'quiet') return 'waiting until nothing that was sent can still arrive';
  return why === 'again' ? 'asking again' : 'waiting for one late look';
}
