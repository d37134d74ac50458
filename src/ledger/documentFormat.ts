import { z } from 'zod';
import { type EndState, endStates } from '../model/endStates.js';
import { type FailurePolicy, failurePolicies } from '../model/policy.js';
import { quoted } from '../model/printable.js';
import { anyHead, recordPhases } from '../model/record.js';
import { Secret } from '../secret/secret.js';
import { emptyDocument, type LedgerDocument } from './document.js';
import type { Content } from './documentStore.js';

/** The one field that relock's own document has in a vault: JSON text. */
const documentField = 'relock_document';

const names = z.array(z.string());
const instant = z.number().int();
const key = (table: object) => (value: unknown) => typeof value === 'string' && Object.hasOwn(table, value);

/** Absent in documents of before it was counted. */
const refusals = z.record(z.string(), z.strictObject({ count: z.number().int(), at: instant })).default({});

const record = z.strictObject({
  token: z.string().min(8),
  /** Absent in records that an earlier release opened. */
  head: z.string().default(anyHead),
  pastHeads: names.default([]),
  credential: z.string(),
  descriptorDigest: z.string(),
  policy: z.custom<FailurePolicy>(key(failurePolicies)),
  maker: z.enum(['generated', 'issued', 'supplied']),
  ownedFields: names,
  targets: names,
  at: instant,
  phase: z.enum(recordPhases),
  base: z.string().nullable(),
  olds: names,
  candidate: z.string().nullable(),
  stagedAt: instant.nullable(),
  captures: z.record(z.string(), z.string()),
  mayBeAt: z.record(z.string(), names),
  effectsNotAfter: instant.nullable(),
  slotsBefore: names.nullable(),
  suspended: names,
  refusals,
  controls: z.record(z.string(), z.strictObject({ version: z.string(), vantage: z.string() })),
});

const format = z.strictObject({
  format: z.literal(1),
  record: record.nullable(),
  held: z.record(z.string(), z.record(z.string(), z.string())),
  leftovers: z.record(z.string(), names),
  ownedFields: names,
  spent: z.array(z.strictObject({ token: z.string(), end: z.custom<EndState>(key(endStates)), at: instant })),
  rotatedAt: instant.nullable(),
  refusals,
});

/** What a vault keeps of it. The values of held versions are in there in clear: only a vault may get it. */
export function encodeDocument(document: LedgerDocument): Content {
  const held = Object.fromEntries([...document.held].map(([version, secret]) => [version, secret.revealAll()]));
  return { fields: Secret.of({ [documentField]: JSON.stringify({ format: 1, ...document, held }) }), rest: null };
}

/** Absent content is the empty document. Throws RangeError saying where it is wrong, without any value of it. */
export function decodeDocument(content: Content | null): LedgerDocument {
  if (content === null) return emptyDocument;
  if (!content.fields.has(documentField)) throw new RangeError(`it has no field "${documentField}"`);
  const parsed = format.safeParse(parseJson(content.fields.reveal(documentField)));
  if (!parsed.success) throw new RangeError(`it is wrong at ${places(parsed.error)}`);
  const { held, format: _format, ...document } = parsed.data;
  const secrets = Object.entries(held).map(([version, fields]) => [version, Secret.of(fields)] as const);
  return { ...document, held: new Map(secrets) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError('it is not JSON');
  }
}

const placesNamed = 5;

/** Paths only, and not many: zod's messages may quote what they found, and a document may be wrong everywhere. */
function places(error: z.ZodError): string {
  const named = error.issues.slice(0, placesNamed).map((issue) => quoted(issue.path.join('.')));
  return [...named, ...(error.issues.length > placesNamed ? ['other places'] : [])].join(', ');
}
