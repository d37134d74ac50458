import { z } from 'zod';
import { readableFile } from '../../contracts/settings.js';
import type { SecretPolicy } from '../../model/capabilities.js';

const defaultPort = 5432;

/** Taken as they are by connection URLs, `.pgpass`, shells and configuration files. */
const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~';

export const postgresqlSettings = z.strictObject({
  address: z
    .string()
    .refine((text) => parseAddress(text) !== null, 'expected host:port, such as db-01.example:5432')
    .describe('host:port of the primary server itself, not of a pooler such as PgBouncer'),
  database: z.string().min(1).default('postgres').describe('Logins are proved by connecting to this database'),
  tls: z
    .enum(['verify-full', 'verify-ca', 'off'])
    .default('verify-full')
    .describe(
      'verify-full: the certificate is of the authority in caFile and of this host; verify-ca: of the authority; off: anybody in between can pretend to be the server',
    ),
  caFile: readableFile(
    "PEM file with the authority (or the very certificate) that the server must show; default: the system's authorities",
  ).optional(),
  passwordPolicy: z
    .strictObject({
      minLength: z.int().min(8).default(16),
      maxLength: z.int().max(512).default(128),
      alphabet: z
        .string()
        .regex(/^[\x21-\x7e]*$/, 'printable ASCII, without blanks')
        .default(alphabet),
    })
    .prefault({})
    .describe('Which passwords may be made for this server'),
  lockoutThreshold: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Refused logins after which an extension locks the role (credcheck); null: nothing does'),
});
export type PostgresqlSettings = z.output<typeof postgresqlSettings>;

/** Splits `host:port` or `[v6]:port`; null when it is neither. The port may be left out: 5432. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? defaultPort);
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
}

export function secretPolicyOf({ passwordPolicy }: PostgresqlSettings): SecretPolicy {
  return { ...passwordPolicy, significantLength: passwordPolicy.maxLength };
}

/** A longer name is cut off by the server, and would then be another role's. */
const maxNameBytes = 63;

/** Role names are quoted, so most of them are fine; these never are a login of their own. */
export function accountProblem(account: string): string | null {
  const bytes = Buffer.byteLength(account);
  if (bytes === 0 || bytes > maxNameBytes || /\p{Cc}/u.test(account)) {
    return `expected the name of a role: at most ${maxNameBytes} bytes, without control characters`;
  }
  if (account.startsWith('pg_') || account === 'public' || account === 'none') {
    return 'expected a role that logs in; names that begin with pg_, and "public" and "none", are the server\'s own';
  }
  return null;
}
