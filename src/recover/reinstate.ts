import { randomUUID } from 'node:crypto';
import { type Clock, callWithin } from '../activities/clock.js';
import { loginFor } from '../activities/login.js';
import { resolve } from '../activities/resolve.js';
import type { Estate } from '../config/estate.js';
import { DriverError } from '../model/errors.js';
import type { FailurePolicy } from '../model/policy.js';
import type { RotationRecord, TargetId } from '../model/record.js';

/**
 * Lets a suspended account in again, target by target; the record says so after each. From then on the rotation goes by this
 * policy. Throws `DriverError`; what was reinstated until then stays so.
 */
export async function reinstate(
  estate: Estate,
  record: RotationRecord,
  policy: FailurePolicy,
  clock: Clock,
): Promise<RotationRecord> {
  let open = await takeOver(estate, record, clock);
  for (const target of open.suspended) open = await reinstateAt(estate, open, target, policy, clock);
  return open;
}

/** From here on nobody else carries it on, so that no account is let in of which a record says otherwise. */
async function takeOver(estate: Estate, record: RotationRecord, clock: Clock): Promise<RotationRecord> {
  const { primary } = resolve(estate, record);
  const context = callWithin(clock, estate.timing.callMs);
  const opened = await primary.vault.open(primary.path, { ...record, head: randomUUID() }, context);
  if (opened.kind === 'opened') return opened.record;
  throw new DriverError({
    code: 'Conflict',
    effect: 'none',
    driver: 'relock',
    subject: record.credential,
    message: `the rotation that suspended ${record.credential} was finished, or is being carried on by another relock, since it was looked up; nobody was let in by this call. Look again: relock recover --dry-run.`,
  });
}

async function reinstateAt(
  estate: Estate,
  record: RotationRecord,
  id: TargetId,
  policy: FailurePolicy,
  clock: Clock,
): Promise<RotationRecord> {
  const resolved = resolve(estate, record);
  const deps = { estate, clock, vantage: 'main' };
  const context = callWithin(clock, estate.timing.callMs);
  const { driver } = resolved.target(id);
  if (driver.reinstate === undefined) throw cannot(id);
  const login = await loginFor(deps, resolved, id, { as: 'management' }, record.token, context);
  await driver.reinstate(resolved.entry.account, login, { ...context, notAfter: context.deadline });
  const suspended = record.suspended.filter((target) => target !== id);
  return resolved.primary.vault.note(resolved.primary.path, record, { suspended, policy }, context);
}

function cannot(target: TargetId): DriverError {
  return new DriverError({
    code: 'Unsupported',
    effect: 'none',
    driver: 'relock',
    subject: target,
    message: `the driver of ${target} cannot let an account in again; nothing was changed there. Do it by hand, then run relock recover.`,
  });
}
