import { z } from 'zod';
import type { TargetFinding } from '../../contracts/targetDriver.js';
import type { Session } from './session.js';

const rules = z.object({ own: z.boolean(), others: z.boolean() });

const mayRead = "select has_function_privilege('pg_hba_file_rules()', 'EXECUTE') as may";
const question = `
select coalesce(bool_or(auth_method = 'password'), false) as "own",
  coalesce(bool_or(auth_method in ('ldap', 'pam', 'radius', 'bsd')), false) as "others"
from pg_hba_file_rules`;

/** For a role whose password the server wants in clear: it judges it itself, or asks another authority, where nothing of it is rotated. */
export async function judgeFindings(session: Session, account: string): Promise<readonly TargetFinding[]> {
  const [right] = await session.rows(z.object({ may: z.boolean() }), mayRead);
  const [found] = right?.may === true ? await session.rows(rules, question) : [];
  if (found?.others === false) return [];
  return found?.own === false
    ? [{ severity: 'error', message: `the role "${account}" ${elsewhere}` }]
    : [{ severity: 'warning', message: `the role "${account}" ${perhaps}` }];
}

const elsewhere =
  'is judged by another authority (ldap, pam or radius in pg_hba.conf): what relock changes here opens nothing. Rotate it at that authority, or set scram-sha-256 there';
const perhaps =
  'is asked for its password in clear: by `password` in pg_hba.conf, or for another authority (ldap, pam, radius), and then what relock changes here opens nothing. Set scram-sha-256 there';
