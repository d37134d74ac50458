import { randomUUID } from 'node:crypto';
import type { Clock } from '../activities/clock.js';
import { createRecordResult } from '../activities/recordResult.js';
import { createRotationVerbs } from '../activities/rotation.js';
import type { CredentialEntry, Estate } from '../config/estate.js';
import { DriverError } from '../model/errors.js';
import type { RotationEvidence } from '../model/evidence.js';
import type { RotationRecord } from '../model/record.js';
import type { Instant } from '../model/time.js';
import { plainIds } from '../model/workflowIds.js';
import { planRotation } from '../planning/planRotation.js';
import { causesOf } from '../protocol/causes.js';
import type { WaitReason } from '../protocol/commands.js';
import { evidenceOf } from '../protocol/evidence.js';
import { beginFound, type Rotation, rotate } from '../protocol/rotate.js';
import type { RotationResult } from '../workflows/messages.js';
import { type DirectOptions, directInterpreter, Stopped } from './directInterpreter.js';

export type Finished =
  | { readonly kind: 'ended'; readonly result: RotationResult }
  /** It would wait long, or was interrupted; the record is still open and says where. */
  | { readonly kind: 'stopped'; readonly why: WaitReason | 'interrupted' };

/** As a worker without a zone: refusals seen there and here count for each other where a target has no zone. */
export const place = 'main';

/** Where whoever finds this record begins: by its own token and policy, on today's plan. */
export function resumed(estate: Estate, entry: CredentialEntry, record: RotationRecord, now: Instant): Rotation {
  const { plan } = planRotation(estate, entry, record.policy, plainIds);
  return beginFound(record, { plan, token: record.token, policy: record.policy }, now);
}

/** Carries an open record to its end, by its own token and policy, without Temporal. Throws only for bugs. */
export async function finishRecord(
  estate: Estate,
  entry: CredentialEntry,
  record: RotationRecord,
  options: Omit<DirectOptions, 'verbs' | 'head'>,
): Promise<Finished> {
  const { clock } = options;
  const verbs = createRotationVerbs({ estate, clock, vantage: place });
  const startedAt = clock.now();
  try {
    const from = resumed(estate, entry, record, startedAt);
    const { end, rotation } = await rotate(from, directInterpreter({ ...options, verbs, head: randomUUID() }));
    const { state, reason, flags, open } = end;
    const about = { credential: entry.id, incident: null, token: record.token };
    const times = { startedAt, endedAt: clock.now() };
    const result = { ...about, state, reason, flags, open, causes: causesOf(rotation.state, end), ...times };
    const authority = { incident: null, planDigest: null, approval: null };
    await keep(estate, clock, result, evidenceOf(rotation.state, end, { ...authority, ...times }));
    return { kind: 'ended', result };
  } catch (error) {
    if (error instanceof Stopped) return { kind: 'stopped', why: error.why };
    throw error;
  }
}

/** The vault is what counts here; a store that is away does not undo what was done. */
async function keep(estate: Estate, clock: Clock, result: RotationResult, evidence: RotationEvidence): Promise<void> {
  try {
    await createRecordResult({ estate, clock }).recordResult(result, evidence);
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
  }
}
