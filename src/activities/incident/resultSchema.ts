import { z } from 'zod';
import { type EndState, endStates, type Reason, reasons } from '../../model/endStates.js';
import type { RotationResult } from '../../workflows/messages.js';

const state = z.custom<EndState>((value) => typeof value === 'string' && value in endStates);
const reason = z.custom<Reason>((value) => typeof value === 'string' && value in reasons);

/** A result artifact, as `recordResult` wrote it. */
export const rotationResultSchema: z.ZodType<RotationResult> = z.object({
  credential: z.string(),
  incident: z.string().nullable(),
  token: z.string(),
  state,
  reason: reason.nullable(),
  flags: z.object({ exposed: z.boolean(), stale: z.array(z.string()), unsaved: z.array(z.string()) }),
  open: z.boolean(),
  startedAt: z.number(),
  endedAt: z.number(),
});
