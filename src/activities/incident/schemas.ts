import { z } from 'zod';
import type { ApprovalBundle, PlannedApprovals } from '../../model/approval.js';
import type { IncidentPlan, PlanPage } from '../../model/incident.js';
import { type CredentialKind, isKind } from '../../model/kinds.js';
import { type FailurePolicy, failurePolicies } from '../../model/policy.js';

/** What relock itself wrote to the artifact store, read back by a type and not by trust. */

const kind = z.custom<CredentialKind>((value) => typeof value === 'string' && isKind(value));
const policy = z.custom<FailurePolicy>((value) => typeof value === 'string' && value in failurePolicies);

const secretPolicy = z.object({
  minLength: z.number(),
  maxLength: z.number(),
  significantLength: z.number(),
  alphabet: z.string(),
});

const capabilities = z.object({
  overlap: z.boolean(),
  makers: z.array(z.enum(['generated', 'issued', 'supplied'])),
  selfChange: z.boolean(),
  managementChange: z.boolean(),
  oldDies: z.union([z.enum(['now', 'afterSecondChange', 'onRetire']), z.object({ afterMs: z.number() })]),
  undo: z.enum(['capture', 'change', 'retire', 'none']),
  secretPolicy: secretPolicy.nullable(),
  settleMs: z.number(),
  silenceIsRefusal: z.boolean(),
  lockoutThreshold: z.number().nullable(),
  confirms: z.boolean(),
  timedCommitMs: z.number().nullable(),
  endsSessions: z.boolean(),
  suspends: z.boolean(),
  enumerates: z.boolean(),
});

const target = z.object({
  id: z.string(),
  zone: z.string().nullable(),
  realm: z.string(),
  login: z.enum(['management', 'self']),
  capabilities,
});

const timing = z.object({
  effectMs: z.number(),
  probeAgainMs: z.number(),
  settleDeadlineMs: z.number(),
  stragglerMs: z.number(),
  soakMs: z.number(),
});

const rotationPlan = z.object({
  credential: z.string(),
  workflowId: z.string().exactOptional(),
  kind,
  account: z.string(),
  descriptorDigest: z.string(),
  maker: z.enum(['generated', 'issued', 'supplied']),
  targets: z.array(target),
  copies: z.array(z.string()),
  promoteAt: z.number(),
  staleConsent: z.boolean(),
  consumers: z.array(z.string()),
  timing,
});

const pageRef = z.object({ key: z.string(), digest: z.string(), credentials: z.number() });

export const planPageSchema: z.ZodType<PlanPage> = z.object({
  entries: z.array(
    z.object({
      plan: rotationPlan,
      provenance: z.string(),
      owner: z.string().nullable(),
      locks: z.array(z.string()),
      findings: z.array(z.string()),
    }),
  ),
});

export const openingSchema = z.object({
  statement: z.strictObject({ version: z.literal(1), incident: z.string(), reason: z.string(), policy }),
  signature: z.string(),
});

const plannedApprovals: z.ZodType<PlannedApprovals> = z.object({
  required: z.number(),
  per: z.enum(['incident', 'wave']),
  validHours: z.number(),
  signersDigest: z.string(),
  opening: openingSchema.nullable(),
});

/** Each approval is read and judged by src/approval. */
export const approvalBundleSchema: z.ZodType<Omit<ApprovalBundle, 'approvals'> & { readonly approvals: unknown[] }> =
  z.object({
    version: z.literal(1),
    plan: z.object({ key: z.string(), digest: z.string() }),
    approvals: z.array(z.unknown()),
  });

export const incidentPlanSchema: z.ZodType<IncidentPlan> = z.object({
  version: z.literal(1),
  incident: z.string(),
  vendor: z.string(),
  reason: z.string(),
  policy,
  madeAt: z.number(),
  haltAtFailedPercent: z.number(),
  inFlight: z.number().exactOptional(),
  waves: z.array(
    z.object({
      kind: z.enum(['canary', 'wave', 'management']),
      credentials: z.number(),
      targets: z.number(),
      pages: z.array(pageRef),
    }),
  ),
  blocked: z.array(pageRef),
  totals: z.object({
    credentials: z.number(),
    blocked: z.number(),
    targets: z.number(),
    copies: z.number(),
    byKind: z.record(z.string(), z.number()),
  }),
  approvals: plannedApprovals.nullable(),
});
