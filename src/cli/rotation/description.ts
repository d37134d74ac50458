import type { CredentialEntry } from '../../config/estate.js';
import type { RotationRecord } from '../../model/record.js';
import { recordValue } from './dryRun.js';
import type { Told } from './recovery.js';

/** Whether relock.yaml still means what it meant when this rotation was opened: the same account on the same machines. */
export function isDescribedAlike(entry: CredentialEntry, record: RotationRecord): boolean {
  return entry.descriptorDigest === record.descriptorDigest;
}

/** Nothing is done by a description of which nobody can say that it means the same; a person can. */
export function describedOtherwise(entry: CredentialEntry, record: RotationRecord): Told {
  const { id, provenance } = entry;
  return {
    outcome: 'waiting',
    value: {
      ...recordValue(record),
      state: 'stopped',
      reason: 'misconfigured',
      dropped: droppedTargets(entry, record),
    },
    lines: [
      `${id}: not touched: ${provenance} describes it otherwise than when this rotation was opened (account, copies, targets or their settings); the record is still open, every version that may work is held`,
      ...droppedLines(entry, record),
      '  next: put relock.yaml back as it was, then recover again;',
      `    or, if it still means the same account on the same machines: relock recover ${id} --as-described-now`,
    ],
  };
}

/** Targets of the rotation that nobody will look at. */
function droppedTargets(entry: CredentialEntry, record: RotationRecord): readonly string[] {
  return record.targets.filter((id) => !entry.targets.includes(id));
}

/** Where the rotation may have been and relock.yaml no longer goes. */
function droppedLines(entry: CredentialEntry, record: RotationRecord): readonly string[] {
  const dropped = droppedTargets(entry, record);
  if (dropped.length === 0) return [];
  return [
    `  no longer its targets: ${dropped.join(', ')}; nobody looks there, and what may be accepted there stays held`,
  ];
}

/** A person said that it means the same; what is no longer among its targets was not looked at all the same. */
export function asDescribed(entry: CredentialEntry, record: RotationRecord, told: Told): Told {
  const lines = droppedLines(entry, record);
  if (lines.length === 0) return told;
  const outcome = told.outcome === 'done' ? 'incomplete' : told.outcome;
  const value = { ...told.value, dropped: droppedTargets(entry, record) };
  return { outcome, value, lines: [...told.lines, ...lines] };
}
