import { z } from 'zod';

export const violationSchema = z.object({
  invariant: z.enum(['I1', 'I2', 'I3', 'I4', 'I5', 'I6']),
  /** Names and states only, never a value. */
  what: z.string(),
});
export type Violation = z.output<typeof violationSchema>;

/** One run, as it is kept. */
export const runReportSchema = z.object({
  estate: z.string(),
  policy: z.string(),
  fault: z.string(),
  line: z.string(),
  request: z.number(),
  /** Where the fault met it; null: that request did not come in this run. */
  phase: z.string().nullable(),
  /** `rotated`, `untouched(unreachable)`, `broken`… */
  end: z.string(),
  /** What an operator read. */
  told: z.array(z.string()),
  /** What was done afterwards until it was `rotated`, each step with its end. */
  afterwards: z.array(z.string()),
  violations: z.array(violationSchema),
  seconds: z.number(),
});
export type RunReport = z.output<typeof runReportSchema>;
