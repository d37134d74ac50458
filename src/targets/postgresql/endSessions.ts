import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { EffectContext } from '../../contracts/context.js';
import { DriverError } from '../../model/errors.js';
import type { Instant } from '../../model/time.js';
import type { Server } from './server.js';
import type { Session } from './session.js';

const counts = z.object({ due: z.int(), hidden: z.int() });

/** A session's age is told by the server's own clock; `$2` is how long ago the limit was, in milliseconds. */
const dueSessions = `
from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()
and backend_start < clock_timestamp() - $2::float8 * interval '1 millisecond'`;

const count = `
select (select count(*)::int ${dueSessions}) as "due",
  (select count(*)::int from pg_stat_activity where usename = $1 and backend_start is null) as "hidden"`;

const pollMs = 20;

/** Ends the role's sessions that began before that moment, and waits until they are gone. */
export async function endSessions(
  server: Server,
  session: Session,
  account: string,
  before: Instant,
  context: EffectContext,
): Promise<void> {
  let begun = false;
  while (true) {
    const ages = [account, server.now() - before];
    const [seen] = await session.rows(counts, count, ages);
    if (seen === undefined || seen.hidden > 0)
      throw server.error('Unauthorized', begun ? 'unknown' : 'none', mayNotSee);
    if (seen.due === 0) return;
    if (begun && server.now() >= context.notAfter) throw server.error('Timeout', 'unknown', stillThere);
    const told = session.execute(`select pg_terminate_backend(pid) ${dueSessions}`, context, ages);
    await told.catch((error: unknown) => {
      throw begun && error instanceof DriverError ? server.error(error.code, 'unknown', stillThere) : error;
    });
    begun = true;
    await delay(pollMs, undefined, { signal: context.signal }).catch(() => undefined);
  }
}

const mayNotSee =
  "relock's login may not see when sessions began, so it cannot tell which to end. Grant pg_read_all_stats to it";
const stillThere =
  'sessions of the role were told to end and have not; they may still do so. Look at pg_stat_activity there';
