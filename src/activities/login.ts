import type { CallContext } from '../contracts/context.js';
import type { Login } from '../contracts/targetDriver.js';
import { requireLogin } from '../ledger/managementSecret.js';
import { DriverError } from '../model/errors.js';
import { type RotationRecord, recordPhases, type TargetId } from '../model/record.js';
import type { LoginAs } from '../protocol/commands.js';
import { atVault } from './effects.js';
import { copyAt, type Resolved } from './resolve.js';
import type { RotationDeps } from './rotation.js';

/** The login by which a step is done, read fresh from its vault for this one call. */
export async function loginFor(
  deps: RotationDeps,
  resolved: Resolved,
  target: TargetId,
  login: LoginAs,
  token: string,
  context: CallContext,
): Promise<Login> {
  const { primary, entry } = resolved;
  if (login.as === 'self') {
    const secret = await atVault(() => primary.vault.read(primary.path, login.version, context));
    return { as: 'self', account: entry.account, secret };
  }
  const management = resolved.target(target).entry.management;
  if (management === null) throw noManagement(entry.id, target);
  const copy = copyAt(deps.estate, management.secret);
  const { record } = await atVault(() => copy.vault.state(copy.path, context));
  if (record !== null && record.token !== token && isPastApplied(record)) throw fenced(copy.ref, target);
  const secret = await atVault(() => copy.vault.read(copy.path, 'current', context));
  requireLogin(copy.ref, secret);
  return { as: 'management', account: management.account, secret };
}

/** From then on readers of this secret may get one that its target refuses. */
function isPastApplied(record: RotationRecord): boolean {
  return recordPhases.indexOf(record.phase) >= recordPhases.indexOf('applied');
}

function noManagement(credential: string, target: TargetId): DriverError {
  return new DriverError({
    code: 'Misconfigured',
    effect: 'none',
    driver: 'relock',
    subject: target,
    message: `${target} has no management login, which this step of ${credential} needs; nothing was changed there. Add \`management\` to the target in relock.yaml.`,
  });
}

function fenced(ref: string, target: TargetId): DriverError {
  return new DriverError({
    code: 'Conflict',
    effect: 'none',
    driver: 'relock',
    subject: target,
    message: `the management login of ${target}, ${ref}, is being rotated itself; it was not used, nothing was changed. Try again when that rotation has ended.`,
  });
}
