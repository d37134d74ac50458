import { setTimeout as delay } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import { z } from 'zod';
import type { EffectContext } from '../../contracts/context.js';
import { DriverError } from '../../model/errors.js';
import type { Server } from './server.js';
import { applicationName, type Session } from './session.js';

/** What every order of relock's to this role begins with. */
export function orderTo(account: string): string {
  return `ALTER ROLE ${escapeIdentifier(account)} `;
}

/** Of this login only: somebody else could write the same, and would keep a rotation waiting. */
const underWay = `
from pg_stat_activity where usename = session_user and pid <> pg_backend_pid() and application_name = '${applicationName}'
and state = 'active' and left(query, length($1)) = $1`;

const pollMs = 20;

async function isAnyUnderWay(session: Session, account: string): Promise<boolean> {
  const row = z.object({ isAny: z.boolean() });
  const [seen] = await session.rows(row, `select exists (select ${underWay}) as "isAny"`, [orderTo(account)]);
  return seen?.isAny ?? false;
}

/** null: no order of relock's to this role is still at work there. */
export async function orderUnderWay(session: Session, account: string): Promise<string | null> {
  return (await isAnyUnderWay(session, account)) ? mayHappen : null;
}

/**
 * Ends what an earlier order still does there, and waits until it is gone: nothing of it happens after that. An order at
 * its commit is not taken back by that, it happens at once.
 */
export async function endOrders(
  server: Server,
  session: Session,
  account: string,
  context: EffectContext,
): Promise<{ readonly wereThere: boolean }> {
  if (!(await isAnyUnderWay(session, account))) return { wereThere: false };
  try {
    do {
      await session.rows(z.unknown(), `select pg_terminate_backend(pid) ${underWay}`, [orderTo(account)]);
      await delay(pollMs, undefined, { signal: context.signal }).catch(() => undefined);
      server.requireTime(context);
    } while (await isAnyUnderWay(session, account));
    return { wereThere: true };
  } catch (error) {
    throw error instanceof DriverError ? server.error(error.code, 'unknown', mayHappen) : error;
  }
}

const mayHappen =
  'an earlier order of relock to this role is still at work there, and may yet take effect. The next order ends it first; if it stays, look at pg_stat_activity (application_name relock): the server, or its disk, stands still';
