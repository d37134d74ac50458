import { z } from 'zod';
import type { TargetFinding } from '../../contracts/targetDriver.js';
import { orderUnderWay } from './orders.js';
import type { Session } from './session.js';

const row = z.object({
  exists: z.boolean(),
  canLogIn: z.boolean().nullable(),
  isSuperuser: z.boolean().nullable(),
  expired: z.boolean().nullable(),
  mayConnect: z.boolean().nullable(),
  roleIsFull: z.boolean().nullable(),
  databaseIsFull: z.boolean(),
  serverIsFull: z.boolean(),
  standbyIsAway: z.boolean(),
  mayReadVerifiers: z.boolean(),
  standby: z.boolean(),
  ourSuperuser: z.boolean(),
  ourCreateRole: z.boolean(),
  ourSignal: z.boolean(),
  ourStats: z.boolean(),
  readOnlyBy: z.string().nullable(),
});
type Row = z.output<typeof row>;

/** Superusers may; others by `GRANT SELECT (rolname, rolpassword) ON pg_authid`. */
export const mayReadVerifiersSql = `(has_column_privilege('pg_authid', 'rolname', 'SELECT')
  and has_column_privilege('pg_authid', 'rolpassword', 'SELECT'))`;

const question = `
select r.oid is not null as "exists", r.rolcanlogin as "canLogIn", r.rolsuper as "isSuperuser",
  coalesce(r.rolvaliduntil < now(), false) as "expired",
  has_database_privilege(r.oid, current_database(), 'CONNECT') as "mayConnect",
  r.rolconnlimit >= 0 and not r.rolsuper and (select count(*) from pg_stat_activity a where a.usesysid = r.oid) >= r.rolconnlimit as "roleIsFull",
  d.datconnlimit >= 0 and (select count(*) from pg_stat_activity a where a.datid = d.oid) > d.datconnlimit as "databaseIsFull",
  (select count(*) from pg_stat_activity a where a.backend_type = 'client backend') >=
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as "serverIsFull",
  current_setting('synchronous_standby_names') <> '' and current_setting('synchronous_commit') not in ('off', 'local')
    and not exists (select from pg_stat_replication where sync_state in ('sync', 'quorum')) as "standbyIsAway",
  ${mayReadVerifiersSql} as "mayReadVerifiers",
  pg_is_in_recovery() as "standby", me.rolsuper as "ourSuperuser", me.rolcreaterole as "ourCreateRole",
  pg_has_role('pg_signal_backend', 'USAGE') as "ourSignal", pg_has_role('pg_read_all_stats', 'USAGE') as "ourStats",
  (select source from pg_settings where name = 'default_transaction_read_only' and setting = 'on') as "readOnlyBy"
from pg_roles me join pg_database d on d.datname = current_database() left join pg_roles r on r.rolname = $1
where me.rolname = current_user`;

const verifierRow = z.object({ form: z.enum(['scram', 'md5', 'none']) });
const verifierQuestion = `
select case when rolpassword like 'SCRAM-SHA-256$%' then 'scram' when rolpassword is null then 'none' else 'md5' end as "form"
from pg_authid where rolname = $1`;

/** What keeps the management login from rotating this role, and what a person should know before. */
export async function checkRole(session: Session, account: string): Promise<readonly TargetFinding[]> {
  const [found] = await session.rows(row, question, [account]);
  if (found === undefined) return [];
  if (!found.exists) return [error(`there is no role "${account}". Correct the account in relock.yaml`)];
  const verifier = found.mayReadVerifiers ? await session.rows(verifierRow, verifierQuestion, [account]) : [];
  const waiting = await orderUnderWay(session, account);
  return [
    ...rightFindings(found, account),
    ...(waiting === null ? [] : [error(waiting)]),
    ...roleFindings(found, account),
    ...readOnlyFindings(found),
    ...formFindings(verifier, account),
  ];
}

function rightFindings(found: Row, account: string): readonly TargetFinding[] {
  if (found.standby) return [error('this server is a standby and takes no changes. Name the primary in relock.yaml')];
  if (found.ourSuperuser) return [];
  if (found.isSuperuser) {
    return [
      error(
        `"${account}" is a superuser, whom only a superuser changes. Give relock such a login for it, or rotate it by hand`,
      ),
    ];
  }
  const missing = [
    ...(found.ourCreateRole ? [] : ['CREATEROLE (from version 16 also ADMIN OPTION on the role)']),
    ...(found.ourSignal ? [] : ['membership in pg_signal_backend']),
    ...(found.ourStats ? [] : ['membership in pg_read_all_stats']),
  ];
  return missing.length === 0 ? [] : [error(`relock's login lacks ${missing.join(' and ')}. Grant it`)];
}

function roleFindings(found: Row, account: string): readonly TargetFinding[] {
  return [
    ...(found.isSuperuser
      ? [
          warning(
            `"${account}" is a superuser: whoever has its secret owns the server, and may have left other ways in`,
          ),
        ]
      : []),
    ...obstaclesOf(found, account).map(error),
    ...(found.standbyIsAway
      ? [
          warning(
            'synchronous replication waits for a standby that is not connected: commits of others hang. relock does not wait for it, and the standby gets the change when it is back',
          ),
        ]
      : []),
  ];
}

/** What keeps the role from logging in whatever its password; null: nothing that this login can see. */
export async function roleObstacle(session: Session, account: string): Promise<string | null> {
  const waiting = await orderUnderWay(session, account);
  if (waiting !== null) return waiting;
  const [found] = await session.rows(row, question, [account]);
  return found?.exists === true ? (obstaclesOf(found, account)[0] ?? null) : null;
}

function obstaclesOf(found: Row, account: string): readonly string[] {
  const role = `the role "${account}"`;
  const texts: readonly (readonly [boolean | null, string])[] = [
    [found.canLogIn === false, `${role} is NOLOGIN: every login of it is barred. ALTER ROLE … LOGIN, or take it out`],
    [found.expired, `VALID UNTIL of ${role} is over: every password looks refused. Extend it, or take it out`],
    [
      found.mayConnect === false,
      `${role} may not connect to this database, so no login of it can be proved. Grant CONNECT, or name another`,
    ],
    [
      found.roleIsFull,
      `${role} is at its CONNECTION LIMIT, so no login of it can be proved. End one of its sessions, or raise the limit`,
    ],
    [
      found.databaseIsFull,
      `the database is at its CONNECTION LIMIT, so no login of ${role} can be proved. End a session, or raise the limit`,
    ],
    [
      found.serverIsFull,
      `the server has no connection left (max_connections), so no login of ${role} can be proved. End sessions, or raise it`,
    ],
  ];
  return texts.filter(([isSo]) => isSo === true).map(([, text]) => text);
}

/** Where `pg_settings` has a setting from. */
const settersOf: Readonly<Record<string, string>> = {
  user: "a setting of relock's login (ALTER ROLE … SET)",
  database: 'a setting of this database (ALTER DATABASE … SET)',
  'database user': "a setting of relock's login in this database (ALTER ROLE … IN DATABASE … SET)",
};

function readOnlyFindings({ readOnlyBy }: Row): readonly TargetFinding[] {
  if (readOnlyBy === null) return [];
  const setter = settersOf[readOnlyBy] ?? "a setting of the server's configuration";
  const text = `transactions are read-only by default (default_transaction_read_only), by ${setter}. relock sets it off for its own statements, and for those alone`;
  return [warning(text)];
}

function formFindings(verifier: readonly z.output<typeof verifierRow>[], account: string): readonly TargetFinding[] {
  const form = verifier[0]?.form;
  if (form === 'md5') {
    return [
      warning(
        `"${account}" has an MD5 password; relock sets SCRAM-SHA-256. Clients older than libpq 10 cannot log in then`,
      ),
    ];
  }
  return form === 'none' ? [warning(`"${account}" has no password set: nothing it logs in with is rotated here`)] : [];
}

function error(message: string): TargetFinding {
  return { severity: 'error', message };
}

function warning(message: string): TargetFinding {
  return { severity: 'warning', message };
}
