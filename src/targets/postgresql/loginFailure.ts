import { DatabaseError } from 'pg';
import type { ErrorCode } from '../../model/errors.js';
import type { ProbeAnswer } from '../../model/probe.js';

/** Why a login did not come about, as far as it can be told. */
export type LoginFailure =
  | 'wrongPassword'
  | 'noLogin'
  | 'notLetIn'
  | 'otherJudge'
  | 'noConnectRight'
  | 'noDatabase'
  | 'roleFull'
  | 'databaseFull'
  | 'reserved'
  | 'serverFull'
  | 'closedDatabase'
  | 'busy'
  | 'oddAnswer'
  | 'pooler'
  | 'noTls'
  | 'untrusted'
  | 'clearTextAsked'
  | 'otherMethod'
  | 'tooCostly'
  | 'impostor'
  | 'asked'
  | 'askedInClear'
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
  noLogin: {
    answer: 'barred',
    code: 'Unauthorized',
    text: 'the role is NOLOGIN: every login of it is barred; nothing was changed. ALTER ROLE … LOGIN, or take it out',
  },
  notLetIn: {
    answer: 'barred',
    code: 'Unauthorized',
    text: 'pg_hba.conf has no line that lets the role in from here by a password; nothing was changed. Let its owner add one',
  },
  otherJudge: {
    answer: 'barred',
    code: 'Unauthorized',
    text: 'another authority judges the logins of this role (ldap, pam or radius in pg_hba.conf), and it said no: what relock changes here would open nothing; nothing was changed. Rotate it at that authority, or set scram-sha-256 in pg_hba.conf',
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
  roleFull: {
    answer: 'barred',
    code: 'Unreachable',
    text: 'the password is right, but the role is at its CONNECTION LIMIT, so it cannot log in; nothing was changed. End one of its sessions, or raise the limit',
  },
  databaseFull: {
    answer: 'barred',
    code: 'Unreachable',
    text: 'the password is right, but the database is at its CONNECTION LIMIT; nothing was changed. End a session, or raise the limit',
  },
  reserved: {
    answer: 'barred',
    code: 'Unreachable',
    text: 'the password is right, but the connections that are left are kept for superusers; nothing was changed. End sessions, or raise max_connections',
  },
  serverFull: {
    answer: 'barred',
    code: 'Unreachable',
    text: 'the server has no connection left (max_connections), so no password was looked at; nothing was changed. End sessions, or raise it',
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
  oddAnswer: {
    answer: 'unknown',
    code: 'Unreachable',
    text: 'the server ended the login for a reason that relock does not know; nothing was changed. Its own log has it',
  },
  pooler: {
    answer: null,
    code: 'Misconfigured',
    text: 'what answers there is not the server itself, but a pooler such as PgBouncer: what it says of a password proves nothing, and its sessions are shared; nothing was changed. Name the address of the server in relock.yaml',
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
  askedInClear: {
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

/** A login that relock itself gave up: a password that would go where it must not, a server that did not prove itself. */
export class LoginFault extends Error {
  constructor(readonly failure: LoginFailure) {
    super(failure);
  }
}

/** How far a login had come. */
export interface LoginStage {
  /** The server said that the password is right. */
  readonly authenticated: boolean;
  readonly askedInClear: boolean;
}

type Told = LoginFailure | ((error: DatabaseError, stage: LoginStage) => LoginFailure);

/** SQLSTATEs that end a login. The same one is said before the password was looked at, and after. */
const sqlStates: Readonly<Record<string, Told>> = {
  '28P01': 'wrongPassword',
  '28000': (_, { authenticated, askedInClear }) => {
    if (authenticated) return 'noLogin';
    return askedInClear ? 'otherJudge' : 'notLetIn';
  },
  '42501': 'noConnectRight',
  '3D000': 'noDatabase',
  '53300': ({ routine }, { authenticated }) => (authenticated ? (fullAt[routine ?? ''] ?? 'reserved') : 'serverFull'),
  '55000': 'closedDatabase',
  '57P01': 'busy',
  '57P02': 'busy',
  '57P03': 'busy',
  // Said by a server when a message cannot be read; poolers say it of whatever they do not like.
  '08P01': 'pooler',
};

/** The function of the server that said so: unlike its text, the same in every language. */
const fullAt: Readonly<Record<string, LoginFailure>> = {
  InitializeSessionUserId: 'roleFull',
  CheckMyDatabase: 'databaseFull',
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
  ['Unknown authenticationOk message type', 'otherMethod'],
];

/** What pg, the socket or relock threw during a login. */
export function loginFailureOf(error: unknown, stage: LoginStage): LoginFailure {
  if (error instanceof LoginFault) return error.failure;
  if (error instanceof DatabaseError) {
    const told = sqlStates[error.code ?? ''] ?? 'oddAnswer';
    return typeof told === 'string' ? told : told(error, stage);
  }
  if (!(error instanceof Error)) return 'unreachable';
  if ('code' in error && typeof error.code === 'string' && untrustedCodes.has(error.code)) return 'untrusted';
  return clientTexts.find(([text]) => error.message.startsWith(text))?.[1] ?? 'unreachable';
}
