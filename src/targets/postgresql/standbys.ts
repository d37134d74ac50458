import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { EffectContext } from '../../contracts/context.js';
import type { Server } from './server.js';
import type { Session } from './session.js';

const pollMs = 20;

/** `reset_val`: as the server's owner has it; relock's own session waits for nobody. */
const wanted = `
select reset_val not in ('off', 'local') and current_setting('synchronous_standby_names') <> '' as "isWanted"
from pg_settings where name = 'synchronous_commit'`;

const written = 'select pg_current_wal_flush_lsn()::text as "lsn"';

/** Of those by priority every one that counts now; of a quorum as many as it asks for, or as there are. */
const behind = `
select count(*) filter (where sync_state = 'sync' and not has) > 0 or count(*) filter (where sync_state = 'quorum' and has) <
  least(count(*) filter (where sync_state = 'quorum'), coalesce(substring(current_setting('synchronous_standby_names') from '(?i)any\\s+(\\d+)')::int, 1)) as "isBehind"
from (select sync_state, coalesce(flush_lsn >= $1::pg_lsn, false) as has from pg_stat_replication) as standby`;

/**
 * Waits until the synchronous standbys that are connected have what was just written, as the server itself would have, but
 * with an end. One that is away is not waited for. A login that may not see them waits for none.
 */
export async function awaitStandbys(server: Server, session: Session, context: EffectContext): Promise<void> {
  const [asked] = await session.rows(z.object({ isWanted: z.boolean() }), wanted);
  if (asked?.isWanted !== true) return;
  const [here] = await session.rows(z.object({ lsn: z.string() }), written);
  while (true) {
    const [seen] = await session.rows(z.object({ isBehind: z.boolean() }), behind, [here?.lsn ?? null]);
    if (seen?.isBehind !== true) return;
    if (server.now() >= Math.min(context.notAfter, context.deadline) || context.signal.aborted)
      throw server.error('Timeout', 'unknown', 'a synchronous standby is behind');
    await delay(pollMs, undefined, { signal: context.signal }).catch(() => undefined);
  }
}
