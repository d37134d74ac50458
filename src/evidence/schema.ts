import { z } from 'zod';
import { endStates, reasons } from '../model/endStates.js';
import { errorCodes } from '../model/errors.js';
import type { RotationEvidence } from '../model/evidence.js';
import { credentialKinds } from '../model/kinds.js';
import { failurePolicies } from '../model/policy.js';
import { probeAnswers } from '../model/probe.js';

/** What relock wrote as evidence, read back by a type and not by trust. schema/ holds the same for others. */

/** One of a closed table's names. */
export function oneOf<Table extends object>(table: Table) {
  const isName = (name: string): name is keyof Table & string => Object.hasOwn(table, name);
  return z.enum(Object.keys(table).filter(isName));
}

export const instant = z.int().nonnegative().describe('ms since 1970-01-01T00:00:00Z');
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const id = z.string().min(1);
const version = z.string().min(1).describe('name of a held version; opaque, never a value');
const vantage = z.string().nullable().describe("worker's zone, realm and target; null: not known");

export const flags = z.strictObject({ exposed: z.boolean(), stale: z.array(id), unsaved: z.array(id) });
export const evidenceRefSchema = z.strictObject({ key: z.string(), sha256 });
export const phaseTimes = z.array(
  z.strictObject({
    phase: z.string().describe('docs/protocol.md says what is true after each'),
    reachedAt: instant,
    provenAt: instant.nullable(),
  }),
);

const sighting = z.strictObject({ at: instant, vantage });
const control = z.strictObject({ version, at: instant.nullable(), vantage });

const old = z.strictObject({
  version,
  death: z.enum(['proven', 'replaced', 'vacuous']).nullable(),
  refusal: sighting.nullable(),
  controlBefore: control.nullable(),
  controlAfter: sighting.nullable(),
});

const login = z.strictObject({
  version,
  answer: z.enum(probeAnswers),
  times: z.int().positive(),
  first: sighting,
  last: sighting,
});

const effect = z.strictObject({
  effect: z.string(),
  times: z.int().positive(),
  firstAt: instant,
  lastAt: instant,
  failure: z.strictObject({ code: oneOf(errorCodes), effect: z.enum(['none', 'unknown']) }).nullable(),
});

const target = z.strictObject({
  id,
  zone: z.string().nullable(),
  realm: z.string(),
  login: z.enum(['management', 'self']),
  taken: z.boolean(),
  saved: z.enum(['no', 'yes', 'failed']),
  sessionsEnded: z.boolean(),
  suspended: z.boolean(),
  olds: z.array(old),
  logins: z.array(login),
  effects: z.array(effect),
});

const copy = z.strictObject({
  ref: id,
  seen: z.enum(['agrees', 'differs', 'absent', 'unavailable', 'unseen']),
  promotedAt: instant.nullable(),
  stale: z.boolean(),
  stranger: version.nullable(),
});

export const evidenceSchema = z.strictObject({
  type: z.literal('relock.rotation-evidence'),
  version: z.literal(1),
  credential: id,
  kind: oneOf(credentialKinds),
  account: z.string(),
  incident: z.string().nullable(),
  planDigest: sha256.nullable(),
  approval: evidenceRefSchema.nullable(),
  token: sha256,
  descriptorDigest: z.string(),
  maker: z.enum(['generated', 'issued', 'supplied']),
  policy: z.strictObject({ ordered: oneOf(failurePolicies), inForce: oneOf(failurePolicies) }),
  resumed: z.boolean(),
  cancelled: z.boolean(),
  joined: z.strictObject({ policy: z.literal('forward'), cleanAfter: instant }).nullable(),
  promoteDecision: z.boolean().nullable(),
  state: oneOf(endStates),
  reason: oneOf(reasons).nullable(),
  flags,
  open: z.boolean(),
  causes: z.array(z.string()).optional().describe('what stood in its way at the end'),
  startedAt: instant,
  endedAt: instant,
  versions: z.strictObject({
    candidate: version.nullable(),
    candidateMadeAt: instant.nullable(),
    base: version.nullable(),
    olds: z.array(version),
  }),
  phases: phaseTimes,
  targets: z.array(target),
  copies: z.array(copy),
}) satisfies z.ZodType<RotationEvidence>;
