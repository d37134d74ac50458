import type { Estate } from '../config/estate.js';
import type { CallContext } from '../contracts/context.js';
import { evidenceKey, evidencePrefix, resultKey } from '../model/artifactKeys.js';
import { DriverError } from '../model/errors.js';
import type { EvidenceRef, RotationEvidence } from '../model/evidence.js';
import { canonical } from '../planning/digest.js';
import type { RotationResult } from '../workflows/messages.js';
import { type Clock, callWithin } from './clock.js';
import type { StoredResult } from './incident/resultSchema.js';

export interface RecordResult {
  /**
   * Keeps a rotation's evidence, then its result, which names it. The first result under a token stays; evidence is kept
   * of every run. Without evidence (somebody else's rotation, or one that told nothing) the result names what is there.
   */
  recordResult(result: RotationResult, evidence?: RotationEvidence): Promise<void>;
}

export function createRecordResult({ estate, clock }: { estate: Estate; clock: Clock }): RecordResult {
  return {
    async recordResult(result, evidence) {
      const context = () => callWithin(clock, estate.timing.callMs);
      const ref =
        evidence === undefined
          ? await latestEvidence(estate, result, context())
          : await keep(estate, evidence, context());
      const stored: StoredResult = { ...result, evidence: ref, phases: evidence?.phases ?? [] };
      try {
        await estate.artifacts.put(resultKey(result), canonical(stored).bytes, context());
      } catch (error) {
        if (!(error instanceof DriverError) || error.code !== 'Conflict') throw error;
      }
    },
  };
}

/** Repeating it writes the same bytes under the same name. */
async function keep({ artifacts }: Estate, evidence: RotationEvidence, context: CallContext): Promise<EvidenceRef> {
  const { bytes, digest } = canonical(evidence);
  const key = evidenceKey(evidence, digest);
  await artifacts.put(key, bytes, context);
  return { key, sha256: digest };
}

/** Usually there is one; of several, any: they lie side by side. */
async function latestEvidence(
  { artifacts }: Estate,
  result: RotationResult,
  context: CallContext,
): Promise<EvidenceRef | null> {
  const key = (await artifacts.list(evidencePrefix(result), context)).at(-1);
  const sha256 = key?.match(/([0-9a-f]{64})\.json$/)?.[1];
  return key === undefined || sha256 === undefined ? null : { key, sha256 };
}
