import type { CredentialEntry, Estate, SecretRef, TargetEntry } from '../config/estate.js';
import { expectedOf } from '../config/expected.js';
import type { TargetDriver } from '../contracts/targetDriver.js';
import type { VaultBackend } from '../contracts/vaultBackend.js';
import type { Maker } from '../model/capabilities.js';
import type { Expected } from '../model/copyShape.js';
import { DriverError } from '../model/errors.js';
import { credentialKinds } from '../model/kinds.js';
import type { TargetId } from '../model/record.js';
import type { RotationRef } from '../protocol/verbs.js';

/** One copy of a credential, ready to be used. */
export interface Copy {
  readonly ref: string;
  readonly path: string;
  readonly vault: VaultBackend;
}

export interface ResolvedTarget {
  readonly id: TargetId;
  readonly entry: TargetEntry;
  readonly driver: TargetDriver;
}

/** A credential as this worker's own relock.yaml describes it. */
export interface Resolved {
  readonly entry: CredentialEntry;
  readonly ownedFields: readonly string[];
  readonly expected: Expected;
  readonly maker: Maker;
  readonly primary: Copy;
  readonly others: readonly Copy[];
  readonly targets: readonly TargetId[];
  target(id: TargetId): ResolvedTarget;
}

/**
 * Finds what a command speaks of in this worker's own configuration, and refuses when it is not what was planned: who may
 * start a workflow must not choose addresses, accounts or vault paths.
 */
export function resolve(estate: Estate, rotation: RotationRef): Resolved {
  const entry = estate.credentials.get(rotation.credential);
  if (entry === undefined) throw misconfigured(rotation.credential, "is not in this worker's relock.yaml");
  if (entry.descriptorDigest !== rotation.descriptorDigest) {
    throw misconfigured(rotation.credential, "is described otherwise in this worker's relock.yaml than in the plan");
  }
  const [primary, ...others] = entry.copies.map((ref) => copyAt(estate, ref));
  if (primary === undefined) throw misconfigured(rotation.credential, 'has no copies');
  const first = entry.targets[0];
  const maker = first === undefined ? undefined : targetAt(estate, entry, first).driver.capabilities.makers[0];
  return {
    entry,
    maker: maker ?? 'generated',
    ownedFields: credentialKinds[entry.kind].ownedFields,
    expected: expectedOf(entry),
    primary,
    others,
    targets: entry.targets,
    target: (id) => targetAt(estate, entry, id),
  };
}

export function copyAt(estate: Estate, ref: SecretRef): Copy {
  const vault = estate.vaults.get(ref.vault);
  if (vault === undefined) throw misconfigured(ref.vault, "is not a vault of this worker's relock.yaml");
  return { ref: `${ref.vault}:${ref.path}`, path: ref.path, vault };
}

function targetAt(estate: Estate, entry: CredentialEntry, id: TargetId): ResolvedTarget {
  const target = estate.targets.get(id);
  if (target === undefined || !entry.targets.includes(id))
    throw misconfigured(id, `is not a target of ${entry.id} in this worker's relock.yaml`);
  return { id, entry: target, driver: target.bound.driver(entry.kind) };
}

function misconfigured(subject: string, what: string): DriverError {
  return new DriverError({
    code: 'Misconfigured',
    effect: 'none',
    driver: 'relock',
    subject,
    message: `${subject} ${what}; nothing was changed. Give every worker the relock.yaml that the plan was made from, or plan again.`,
  });
}
