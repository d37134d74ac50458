import { z } from 'zod';
import { keyTypes, kindNames } from '../model/kinds.js';

/** relock's own keys in relock.yaml. What a vault, store or target needs beside them comes from its driver. */

const reference = z.string().describe('a secret as vault:path, such as "primary:itron/headend-svc"');

const shapedCopy = z.strictObject({
  ref: reference,
  fields: z
    .record(z.string(), z.string().min(1).max(200))
    .optional()
    .describe('what fields are called there, by the name that relock uses, such as { password: Password }'),
  format: z
    .enum(['json', 'text'])
    .default('json')
    .describe('text: the whole value is the password; for AWS and age files, for a KV secret always has named fields'),
});
export type ShapedCopy = z.output<typeof shapedCopy>;

export const managementSchema = z
  .strictObject({
    account: z.string().min(1).max(256).describe('the stronger account that changes others, such as root'),
    secret: z.union([reference, shapedCopy]),
  })
  .describe('the login by which relock changes accounts there');

export const credentialSchema = z.strictObject({
  id: z
    .string()
    .describe(
      'lower-case letters, digits and . _ / -, such as itron/headend-svc; it is stored in clear without codec.opaqueIds',
    ),
  vendor: z.string().describe('with whom it is shared, such as itron'),
  kind: z
    .string()
    .describe(`what it is: ${kindNames.join(', ')}`)
    .meta({ enum: kindNames }),
  account: z.string().min(1).max(256).describe('the account on the targets, such as itron-svc'),
  targets: z
    .array(z.string())
    .min(1)
    .max(10_000)
    .describe('ids of the targets that accept it; the first is changed alone'),
  copies: z
    .array(z.union([reference, shapedCopy]))
    .min(1)
    .max(20)
    .describe(
      'where it is stored, as vault:path, or { ref, fields, format } where it lies otherwise; the first is the primary',
    ),
  keyType: z
    .enum(keyTypes)
    .optional()
    .describe('the kind of a new ssh-key; absent: the kind of the one that it replaces'),
  usernameDiffers: z
    .boolean()
    .default(false)
    .describe('its `username` in a vault may be another than the account; else that is taken for a mistake'),
  everyDays: z
    .int()
    .min(1)
    .max(3650)
    .optional()
    .describe('days between scheduled rotations; absent: only in incidents'),
  adopt: z
    .boolean()
    .default(false)
    .describe(
      'a first adoption: no vault holds its secret yet, and relock sets the first. What opened the account before is not known, so it is not proven dead: take this out again when a person has seen that nothing else opens it',
    ),
  owner: z.string().min(1).max(200).optional().describe('who answers for it, such as ot-ops'),
});
export type CredentialInput = z.output<typeof credentialSchema>;

/** Keys of a target that are not its driver's, beside `type`. */
export const targetFrameSchema = z.strictObject({
  zone: z.string().optional().describe('the network segment whose workers reach it; absent: any worker'),
  management: managementSchema.optional(),
});
export const targetFrameKeys: readonly string[] = ['type', ...Object.keys(targetFrameSchema.shape)];

export const wavesSchema = z
  .strictObject({
    canary: z.int().min(1).max(1000).default(5).describe('credentials in the first wave; all of them must succeed'),
    size: z.int().min(1).max(10_000).default(200).describe('credentials in each later wave'),
    haltAtFailedPercent: z.int().min(0).max(100).default(10).describe('a wave stops when more than this share failed'),
    inFlight: z.int().min(1).max(500).default(24).describe('rotations of an incident under way at once'),
  })
  .describe('how an incident is cut into waves');

const aMinuteMs = 60_000;
const aDayMs = 24 * 60 * aMinuteMs;

export const timingSchema = z
  .strictObject({
    callMs: span(1000, 10 * aMinuteMs, aMinuteMs, 'one vault or target call'),
    probeMs: span(500, 5 * aMinuteMs, 20_000, 'how long a probe waits for silence'),
    effectMs: span(1000, 10 * aMinuteMs, aMinuteMs, 'an effect is sent within this long of being ordered, or never'),
    probeAgainMs: span(50, 10 * aMinuteMs, 15_000, 'pause between two probes of the same thing'),
    settleDeadlineMs: span(1000, aDayMs, 10 * aMinuteMs, 'how long a rotation looks for a certain end'),
    stragglerMs: span(1000, 90 * aDayMs, 7 * aDayMs, 'how long to wait for a target that did not answer'),
    soakMs: span(0, 90 * aDayMs, 0, 'after this long, one late look whether somebody still uses the old one; 0: none'),
  })
  .describe('how long things may take');

function span(min: number, max: number, byDefault: number, meaning: string) {
  return z.int().min(min).max(max).default(byDefault).describe(`${meaning}, in milliseconds`);
}

export const approvalsSchema = z
  .strictObject({
    allowedSigners: z.string().min(1).describe('file of approvers in the allowed_signers format of ssh-keygen'),
    required: z.int().min(1).max(20).describe('how many of them must sign'),
    per: z.enum(['incident', 'wave']).default('incident').describe('what one set of approvals covers'),
    validHours: z
      .int()
      .min(1)
      .max(24 * 90)
      .default(24 * 7)
      .describe('hours from the question; later an approval is not accepted, and no rotation begins under it'),
  })
  .describe('absent: approvals need no signature');

export const codecSchema = z
  .strictObject({
    keyFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'key ring with which everything in Temporal is encrypted; absent: .relock/codec.keys beside relock.yaml. RELOCK_CODEC_KEY_FILE goes before it',
      ),
    opaqueIds: z
      .string()
      .min(1)
      .optional()
      .describe(
        'key with which ids in Temporal are made that tell no name (relock codec new-key --ids); the same for ever and on every worker and client. Absent: ids are names',
      ),
  })
  .describe('how what Temporal keeps is hidden from those without keys');

/** The top level. The parts are checked one by one, so that one bad entry does not hide the others. */
export const frameSchema = z.strictObject({
  vaults: z.record(z.string(), z.unknown()).describe('where secrets are kept, by name'),
  artifacts: z.unknown().describe('where plans, evidence and reports are kept'),
  approvals: z.unknown().optional(),
  codec: z.unknown().optional(),
  waves: z.unknown().optional(),
  timing: z.unknown().optional(),
  targets: z.record(z.string(), z.unknown()).default({}).describe('what accepts the credentials, by id'),
  credentials: z.array(z.unknown()).default([]).describe('what is shared with vendors'),
});
