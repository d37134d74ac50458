import type { Opening, Signed, Statement } from '../model/approval.js';
import { canonicalJson } from '../model/canonicalJson.js';
import { ApprovalRefused, bytesOf } from './bytes.js';

/** The very bytes that are signed: canonical JSON and a line feed, as `echo` would write it. */
export function messageOf(statement: Statement | Opening): Uint8Array {
  return bytesOf(`${canonicalJson(statement)}\n`);
}

const fields = {
  version: (value: unknown) => value === 1,
  decision: (value: unknown) => value === 'approve' || value === 'deny',
  incident: isText,
  run: isText,
  wave: (value: unknown) => value === null || isCount(value),
  planDigest: isText,
  credentials: isCount,
  targets: isCount,
  expires: (value: unknown) =>
    typeof value === 'string' && timePattern.test(value) && Number.isFinite(Date.parse(value)),
} as const satisfies Record<keyof Statement, (value: unknown) => boolean>;

const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z$/;

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= 1_000;
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Reads what somebody pasted or sent: a statement and its signature, nothing else. Throws `ApprovalRefused`. */
export function parseSigned(value: unknown): Signed<Statement> {
  if (!isRecord(value) || Object.keys(value).sort().join() !== 'signature,statement' || !isSigned(value))
    throw new ApprovalRefused('expected {"statement": {…}, "signature": "-----BEGIN SSH SIGNATURE-----…"}');
  checkFields(value.statement);
  return value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSigned(
  value: Readonly<Record<string, unknown>>,
): value is Readonly<Record<string, unknown>> & Signed<Statement> {
  return typeof value.signature === 'string' && isRecord(value.statement);
}

function checkFields(statement: object): void {
  const values = new Map<string, unknown>(Object.entries(statement));
  for (const [name, isRight] of Object.entries(fields))
    if (!isRight(values.get(name))) throw new ApprovalRefused(`the statement's "${name}" is missing or wrong`);
  const unknown = [...values.keys()].filter((name) => !Object.hasOwn(fields, name));
  if (unknown.length > 0) throw new ApprovalRefused('the statement has a field that relock does not know');
}

/** Throws unless this is the statement that was offered; its expiry may be earlier than offered. */
export function checkOffered(given: Statement, offered: Statement, now: number): void {
  const { expires, ...rest } = given;
  const { expires: latest, ...expected } = offered;
  for (const [name, value] of Object.entries(expected))
    if (new Map<string, unknown>(Object.entries(rest)).get(name) !== value)
      throw new ApprovalRefused(`the statement's "${name}" is another one than asked for here`);
  if (Date.parse(expires) <= now) throw new ApprovalRefused('the statement has expired');
  if (Date.parse(expires) > Date.parse(latest))
    throw new ApprovalRefused(`the statement's "expires" is later than ${latest}`);
}
