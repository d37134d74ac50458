import type { CredentialEntry, Estate, TargetEntry } from '../config/estate.js';
import type { RotationPlan, RotationTiming, TargetPlan } from '../model/plan.js';
import type { FailurePolicy } from '../model/policy.js';
import type { TargetId } from '../model/record.js';
import type { WorkflowIds } from '../model/workflowIds.js';

export interface Planned {
  readonly plan: RotationPlan;
  /** Why this rotation cannot work as configured; empty: it can. */
  readonly findings: readonly string[];
}

/** How this credential would be rotated with this configuration. Looks at nothing but the configuration. */
export function planRotation(estate: Estate, entry: CredentialEntry, policy: FailurePolicy, ids: WorkflowIds): Planned {
  const targets = entry.targets.flatMap((id) => {
    const target = estate.targets.get(id);
    return target === undefined ? [] : [planTarget(id, target, entry)];
  });
  const plan: RotationPlan = {
    credential: entry.id,
    ...(ids.areOpaque && { workflowId: ids.rotation(entry.id) }),
    kind: entry.kind,
    account: entry.account,
    descriptorDigest: entry.descriptorDigest,
    maker: targets[0]?.capabilities.makers[0] ?? 'generated',
    targets,
    copies: entry.copies.map((copy) => `${copy.vault}:${copy.path}`),
    ...(entry.adopt && { adopt: true }),
    ...(entry.keyType !== null && { keyType: entry.keyType }),
    promoteAt: 1,
    staleConsent: policy === 'forward',
    consumers: [],
    timing: timingOf(estate),
  };
  return { plan, findings: findingsOf(plan, policy) };
}

function planTarget(id: TargetId, target: TargetEntry, entry: CredentialEntry): TargetPlan {
  return {
    id,
    zone: target.zone,
    realm: `${target.bound.realm}/${entry.account}`,
    login: loginAt(target, entry),
    capabilities: target.bound.capabilities(entry.kind),
  };
}

/** Who makes a change there. */
export function loginAt(target: TargetEntry, entry: CredentialEntry): 'management' | 'self' {
  return target.management === null || isSelf(target, entry) ? 'self' : 'management';
}

/** A management credential changes itself: by its old value before, by its new one after. */
function isSelf(target: TargetEntry, entry: CredentialEntry): boolean {
  const management = target.management;
  return (
    management !== null &&
    entry.copies.some(({ vault, path }) => vault === management.secret.vault && path === management.secret.path)
  );
}

/** What a rotation must have for itself while it runs: `target/account` pairs. */
export function locksOf({ targets, account }: RotationPlan): readonly string[] {
  return targets.map((target) => `${target.id}/${account}`);
}

function timingOf(estate: Estate): RotationTiming {
  const { effectMs, probeAgainMs, settleDeadlineMs, stragglerMs, soakMs } = estate.timing;
  return { effectMs, probeAgainMs, settleDeadlineMs, stragglerMs, soakMs };
}

function findingsOf(plan: RotationPlan, policy: FailurePolicy): readonly string[] {
  const { targets, maker } = plan;
  const findings = targets.flatMap((target) => targetFindings(target, policy));
  if (maker !== 'generated' && targets.length > 1)
    findings.push(`a secret that the target makes can have one target only; it has ${targets.length}`);
  return findings;
}

function targetFindings({ id, login, capabilities }: TargetPlan, policy: FailurePolicy): string[] {
  const findings: string[] = [];
  if (login === 'self' && !capabilities.selfChange) {
    findings.push(`${id}: the account cannot change its own secret there; give the target a \`management\` login`);
  }
  if (policy === 'disable' && !capabilities.suspends) {
    findings.push(
      `${id}: the policy \`disable\` needs a driver that can suspend the account; choose \`forward\` or \`restore\``,
    );
  }
  return findings;
}
