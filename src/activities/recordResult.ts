import type { Estate } from '../config/estate.js';
import { resultKey } from '../model/artifactKeys.js';
import { canonicalJson } from '../model/canonicalJson.js';
import { DriverError } from '../model/errors.js';
import type { RotationResult } from '../workflows/messages.js';
import { type Clock, callWithin } from './clock.js';

export interface RecordResult {
  /** Keeps a rotation's result. The first one under a token stays. */
  recordResult(result: RotationResult): Promise<void>;
}

export function createRecordResult({ estate, clock }: { estate: Estate; clock: Clock }): RecordResult {
  return {
    async recordResult(result) {
      const bytes = Buffer.from(`${canonicalJson(result)}\n`);
      try {
        await estate.artifacts.put(resultKey(result), bytes, callWithin(clock, estate.timing.callMs));
      } catch (error) {
        if (!(error instanceof DriverError) || error.code !== 'Conflict') throw error;
      }
    },
  };
}
