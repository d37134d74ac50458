import { DatabaseError } from 'pg';
import type { ErrorCode } from '../../model/errors.js';
import type { ProbeAnswer } from '../../model/probe.js';

/** Why a login did not come about, as far as it can be told. */
export type LoginFailure =
  | 'wrongPassword'
  | 'barred'
  | 'noConnectRight'
  | 'noDatabase'
  | 'full'
  | 'closedDatabase'
  | 'busy'
  | 'noTls'
  | 'untrusted'
  | 'clearTextAsked'
  | 'otherMethod'
  | 'tooCostly'
  | 'impostor'
  | 'asked'
  | 'unreachable'
  | 'timeout';

interface Meaning {
  /** What a probe answers; null: it throws, for the configuration is wrong. */
  readonly answer: ProbeAnswer | null;
  /** When it was relock's own login that failed so. */
  readonly code: ErrorCode;
  /** Follows "PostgreSQL at …:". Nothing was changed by a login that failed. */
  readonly text: string;
}

export const loginFailures: Readonly<Record<LoginFailure, Meaning>> = {
  wrongPassword: {
    answer: 'rejected',
    code: 'Unauthorized',
    text: 'the login was refused: wrong password, no such role, or its VALID UNTIL is over; nothing was changed. Check the secret in the vault',
  },
  // NOLOGIN is said after the right password only, pg_hba.conf before any: the same code, so no more can be told.
  barred: {
    answer: 'barred',
    code: 'Unauthorized',
    text: 'the role may not log in from here (NOLOGIN, or no line for it in pg_hba.conf); nothing was changed. Let its owner look',
  },
  noConnectRight: {
    answer: 'barred',
    code: 'Unauthorized',
    text: 'the role has no CONNECT right on the database; nothing was changed. Grant it, or name another database in relock.yaml',
  },
  noDatabase: {
    answer: null,
    code: 'Misconfigured',
    text: 'there is no such database; nothing was changed. Correct `database` in relock.yaml',
  },
  full: {
    answer: 'barred',
    code: 'Unreachable',
    text: 'no connection is left: the limit of the role, of the database or of the server is reached (SQLSTATE 53300); nothing was changed. End one of its sessions, or raise the limit',
  },
  closedDatabase: {
    answer: 'barred',
    code: 'Unauthorized',
    text: 'the database takes no connections (ALLOW_CONNECTIONS false); nothing was changed. Allow them, or name another database in relock.yaml',
  },
  busy: {
    answer: 'unknown',
    code: 'Unreachable',
    text: 'the server takes no logins now: it starts or stops; nothing was changed. Try again later',
  },
  noTls: {
    answer: null,
    code: 'Misconfigured',
    text: 'the server offers no TLS, and nothing is sent in clear; nothing was changed. Turn `ssl` on there, or set `tls: off` in relock.yaml',
  },
  untrusted: {
    answer: null,
    code: 'Misconfigured',
    text: 'its certificate is not of the pinned authority, not of this host, or out of date; no secret was sent, nothing was changed. If the server was renewed on purpose, correct caFile',
  },
  clearTextAsked: {
    answer: null,
    code: 'Misconfigured',
    text: 'the server asks for the password in clear text, over a connection without TLS; it was not sent, nothing was changed. Set scram-sha-256 in pg_hba.conf, or use TLS',
  },
  otherMethod: {
    answer: 'unknown',
    code: 'Unsupported',
    text: 'the server asks for a way of login that relock does not speak; nothing was changed. Set scram-sha-256 in pg_hba.conf',
  },
  tooCostly: {
    answer: 'unknown',
    code: 'Unsupported',
    text: 'the server asks for more SCRAM iterations than relock computes for it (100,000); nothing was changed. Lower scram_iterations there, and set the password anew',
  },
  // Nobody but the server has the verifier: whoever pretends to be the server gets this far, and no further.
  impostor: {
    answer: null,
    code: 'Misconfigured',
    text: 'the server did not prove that it knows the role: it may be another server, or somebody in between; nothing was changed, and nothing it says counts. Check the address, and use TLS. Otherwise treat it as an attack',
  },
  asked: {
    answer: 'unknown',
    code: 'Bug',
    text: 'a login without a password was tried; nothing was changed. Report this',
  },
  unreachable: {
    answer: 'unknown',
    code: 'Unreachable',
    text: 'no connection, or it ended during the login; nothing was changed. Check the address and the way there',
  },
  timeout: { answer: 'unknown', code: 'Timeout', text: 'no login within the deadline; nothing was changed' },
};

/** Thrown by the password callback: the server would get the password in a way that it must not. */
export class PasswordWithheld extends Error {
  constructor(readonly failure: 'clearTextAsked' | 'asked') {
    super(failure);
  }
}

/** The server let us in without its own part of SCRAM. */
export class ProofWithheld extends Error {}

/** SQLSTATEs that end a login. */
const sqlStates: Readonly<Record<string, LoginFailure>> = {
  '28P01': 'wrongPassword',
  '28000': 'barred',
  '42501': 'noConnectRight',
  '3D000': 'noDatabase',
  '53300': 'full',
  '55000': 'closedDatabase',
};

const untrustedCodes: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'INVALID_CA',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** The texts of pg's own errors that have no code, and what they mean. */
const clientTexts: readonly (readonly [string, LoginFailure])[] = [
  ['The server does not support SSL connections', 'noTls'],
  ['SASL: Only mechanism(s)', 'otherMethod'],
  ['Unknown authenticationOk message type', 'otherMethod'],
  ['SASL: SCRAM-SERVER-FIRST-MESSAGE: iteration count', 'tooCostly'],
  ['SASL: SCRAM-SERVER-FINAL-MESSAGE', 'impostor'],
];

/** What pg or the socket threw during a login. */
export function loginFailureOf(error: unknown): LoginFailure {
  if (error instanceof PasswordWithheld) return error.failure;
  if (error instanceof ProofWithheld) return 'impostor';
  if (error instanceof DatabaseError) return sqlStates[error.code ?? ''] ?? 'busy';
  if (!(error instanceof Error)) return 'unreachable';
  if ('code' in error && typeof error.code === 'string' && untrustedCodes.has(error.code)) return 'untrusted';
  return clientTexts.find(([text]) => error.message.startsWith(text))?.[1] ?? 'unreachable';
}
