import type { EffectContext } from '../../contracts/context.js';
import type { Login } from '../../contracts/targetDriver.js';
import { DriverError } from '../../model/errors.js';
import { endOrders, orderTo } from './orders.js';
import type { Server } from './server.js';
import { type Session, withSession } from './session.js';
import { awaitStandbys } from './standbys.js';

/**
 * Of the time that there is: how long the server may work on an order, and how long its answer is listened for. What is left
 * is for seeing that an order which was not answered is over.
 */
const shares = { work: 0.6, listen: 0.8 };

/**
 * One order to a role. Once this has returned or thrown with effect `none`, nothing of it, and nothing of an earlier order,
 * happens there any more; with `unknown`, as soon as `orderUnderWay` sees none.
 */
export async function alterRole(
  server: Server,
  account: string,
  via: Login,
  change: string,
  context: EffectContext,
): Promise<void> {
  const first = firstShare(server, context);
  try {
    await withSession(server, via, first, (session) => order(server, session, account, change, first));
  } catch (error) {
    if (!(error instanceof DriverError) || error.effect === 'none') throw error;
    throw (await isOver(server, account, via, context)) ? seenOver(error) : error;
  }
}

function firstShare(server: Server, { signal, notAfter, deadline }: EffectContext): EffectContext {
  const now = server.now();
  const left = Math.min(notAfter, deadline) - now;
  if (left <= 0) return { signal, notAfter, deadline };
  return { signal, notAfter: now + left * shares.work, deadline: now + left * shares.listen };
}

async function order(
  server: Server,
  session: Session,
  account: string,
  change: string,
  context: EffectContext,
): Promise<void> {
  server.requireTime(context);
  const { wereThere } = await endOrders(server, session, account, context);
  await session.execute(`${orderTo(account)}${change}`, context).catch((error: unknown) => {
    throw wereThere && error instanceof DriverError ? server.error(error.code, 'unknown', earlier) : error;
  });
  // It is on the server's disk: from here on nobody may say that nothing was changed.
  await awaitStandbys(server, session, context).catch((error: unknown) => {
    throw error instanceof DriverError ? server.error(error.code, 'unknown', unconfirmed) : error;
  });
}

/**
 * Sees, by another session, that the order has ended, or ends it. Only by management: the account's own password may be the
 * new one by now, and a refused login might lock it.
 */
async function isOver(server: Server, account: string, via: Login, context: EffectContext): Promise<boolean> {
  if (via.as !== 'management') return false;
  try {
    await withSession(server, via, context, (session) => endOrders(server, session, account, context));
    return true;
  } catch (error) {
    if (error instanceof DriverError) return false;
    throw error;
  }
}

function seenOver({ code, effect, driver, subject, message }: DriverError): DriverError {
  const over = `${message}. The order is over there: what has not happened by now will not`;
  return new DriverError({ code, effect, driver, subject, message: over });
}

const earlier =
  'an earlier order of relock to this role was still at work there, and was ended: it may have happened, the present one has not. Probe the account';
const unconfirmed =
  'the change is made there, but the synchronous standby that is connected did not confirm it in time: if it took over now, the old password would work again. Look at pg_stat_replication there';
