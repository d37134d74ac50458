import { z } from 'zod';
import { evidenceRefSchema, oneOf, phaseTimes } from '../../evidence/schema.js';
import { endStates, reasons } from '../../model/endStates.js';
import type { EvidenceRef, PhaseEvidence } from '../../model/evidence.js';
import type { RotationResult } from '../../workflows/messages.js';

/** A result artifact, as `recordResult` writes it. */
export interface StoredResult extends RotationResult {
  /** null: the rotation told nothing. */
  readonly evidence: EvidenceRef | null;
  readonly phases: readonly PhaseEvidence[];
}

export const storedResultSchema: z.ZodType<StoredResult> = z.object({
  credential: z.string(),
  incident: z.string().nullable(),
  token: z.string(),
  state: oneOf(endStates),
  reason: oneOf(reasons).nullable(),
  flags: z.object({ exposed: z.boolean(), stale: z.array(z.string()), unsaved: z.array(z.string()) }),
  open: z.boolean(),
  causes: z.array(z.string()).default([]),
  startedAt: z.number(),
  endedAt: z.number(),
  evidence: evidenceRefSchema.nullable().default(null),
  phases: phaseTimes.default([]),
});
