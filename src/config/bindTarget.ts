import type { BoundTarget, DriverEnvironment, KindDriver, TargetType } from '../contracts/registration.js';
import type { TargetDriver } from '../contracts/targetDriver.js';
import { DriverError } from '../model/errors.js';
import { type CredentialKind, isKind } from '../model/kinds.js';
import type { TargetId } from '../model/record.js';

/** One target of relock.yaml, with settings that its type has accepted. Drivers are made on first use. */
export function bindTarget(
  type: TargetType,
  id: TargetId,
  settings: unknown,
  environment: DriverEnvironment,
): BoundTarget {
  const drivers = new Map<CredentialKind, TargetDriver>();
  const kindDriver = (kind: CredentialKind) => type.kinds[kind] ?? unsupported(type, id, kind);
  const created = (kind: CredentialKind): TargetDriver => {
    const made = drivers.get(kind) ?? kindDriver(kind).create({ id, settings }, environment);
    drivers.set(kind, made);
    return made;
  };
  return {
    id,
    host: type.host(settings),
    realm: type.realm?.(settings) ?? id,
    kinds: Object.keys(type.kinds).filter(isKind),
    capabilities: (kind) => kindDriver(kind).capabilities(settings),
    accountProblem: (kind, account) => kindDriver(kind).accountProblem(account),
    driver: created,
  };
}

function unsupported(type: TargetType, id: TargetId, kind: CredentialKind): KindDriver<unknown> {
  throw new DriverError({
    code: 'Unsupported',
    effect: 'none',
    driver: type.type,
    subject: id,
    message: `target "${id}" of type ${type.type} has no ${kind} credentials; nothing was done. Correct the credential's kind or its targets in relock.yaml`,
  });
}
