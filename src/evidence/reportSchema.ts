import { z } from 'zod';
import { endStates, reasons } from '../model/endStates.js';
import { incidentStates } from '../model/incident.js';
import { credentialKinds } from '../model/kinds.js';
import { failurePolicies } from '../model/policy.js';
import { evidenceRefSchema, flags, id, instant, oneOf, phaseTimes, sha256 } from './schema.js';

const count = z.int().nonnegative();

/** One credential of the plan, as it stood when the incident ended. */
const row = z.strictObject({
  id,
  kind: oneOf(credentialKinds),
  account: z.string(),
  owner: z.string().nullable(),
  targets: z.array(id),
  copies: z.array(id),
  /** Counted from 1; null: in no wave, it cannot be rotated as configured. */
  wave: z.int().positive().nullable(),
  state: oneOf({ ...endStates, pending: '', blocked: '' }),
  exposed: z.boolean(),
  reason: oneOf(reasons).nullable(),
  /** Why it is blocked, or what stood in its way, in words. */
  findings: z.array(z.string()),
  flags: flags.nullable(),
  /** The record is still open in the primary vault: more can be proven or undone. */
  open: z.boolean(),
  token: sha256.nullable(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  phases: phaseTimes,
  evidence: evidenceRefSchema.nullable(),
});

/** Signed approvals in one bundle, as the artifact store keeps them. */
const approval = z.strictObject({
  bundle: evidenceRefSchema,
  /** Names in the file of approvers. */
  by: z.array(z.string()),
  wave: z.int().positive().nullable(),
  expires: z.string(),
});

const wave = z.strictObject({
  kind: z.enum(['canary', 'wave', 'management']),
  credentials: count,
  /** First rotation begun, last one ended; null: none was. */
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
});

export const incidentReportSchema = z.strictObject({
  type: z.literal('relock.incident-report'),
  version: z.literal(1),
  incident: z.string(),
  vendor: z.string(),
  reason: z.string(),
  state: oneOf(incidentStates),
  /** Why a person closed it while something was still open: those are `pending`, or `open`. */
  closing: z.string().nullable().optional(),
  policy: oneOf(failurePolicies),
  /** By whose key, as the file of approvers names it; null: nothing was signed. */
  openedBy: z.string().nullable().optional(),
  openedAt: instant,
  /** When enough had approved; null: nobody did. */
  approvedAt: instant.nullable(),
  endedAt: instant,
  plan: z.strictObject({ key: z.string(), digest: sha256 }),
  /** null: approvals needed no signature. */
  approvals: z.array(approval).nullable(),
  totals: z.strictObject({
    credentials: count,
    blocked: count,
    targets: count,
    copies: count,
    byKind: z.record(z.string(), count),
  }),
  total: count,
  ends: z.partialRecord(oneOf(endStates), count),
  blocked: count,
  exposed: count,
  pending: count,
  waves: z.array(wave),
  credentials: z.array(row),
});

/** The closing report of an incident. docs/evidence.md explains it. */
export type IncidentReport = z.infer<typeof incidentReportSchema>;
export type ReportRow = z.infer<typeof row>;
