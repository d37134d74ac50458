import type { RotationOrder, RotationPlan, TargetPlan } from '../../model/plan.js';
import { failurePolicies } from '../../model/policy.js';

const listed = 20;

/** What a rotation will do, before it does it. */
export function planLines({ plan, policy }: RotationOrder): readonly string[] {
  const targets = plan.targets.slice(0, listed).map((target) => `    ${targetLine(target)}`);
  const more = plan.targets.length > listed ? [`    and ${plan.targets.length - listed} more`] : [];
  return [
    `${plan.credential}: a new ${kindWords(plan)} for account ${plan.account}, ${makers[plan.maker]}`,
    `  on ${plan.targets.length} targets, the first alone until it is proven:`,
    ...targets,
    ...more,
    `  kept in ${plan.copies.join(', ')}; readers get it once it is proven on the targets`,
    `  if it fails: ${policy}: ${failurePolicies[policy]}`,
  ];
}

/** What is made: of a key also its kind, which those who use it must know. */
function kindWords({ kind, keyType }: RotationPlan): string {
  if (kind !== 'ssh-key') return kind;
  return `${kind} (${keyType ?? 'of the kind of the present one'})`;
}

const makers = {
  generated: 'made by relock',
  issued: 'made by the target',
  supplied: 'supplied by its owner',
} as const;

function targetLine({ id, zone, login, capabilities }: TargetPlan): string {
  const place = zone === null ? '' : ` (zone ${zone})`;
  const by = login === 'management' ? 'by its management login' : 'by the account itself';
  const old = capabilities.overlap
    ? 'old and new live together until the old one is retired'
    : 'the new one replaces the old one at once';
  return `${id}${place}: ${by}; ${old}`;
}
