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
  let open = record;
  for (const target of record.suspended) open = await reinstateAt(estate, open, target, policy, clock);
  return open;
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
  return resolved.primary.vault.note(resolved.primary.path, record.token, { suspended, policy }, context);
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
