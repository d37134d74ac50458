import { endStates, type Reason, reasons } from '../model/endStates.js';
import { failurePolicies } from '../model/policy.js';
import { causesOf } from '../protocol/causes.js';
import type { End } from '../protocol/commands.js';
import { phases } from '../protocol/phases.js';
import type { RotationState, TargetFacts } from '../protocol/state.js';
import { trailOf } from '../protocol/trail.js';

/** More targets than this are counted, not listed. */
const listedTargets = 50;

/** The same page of one that has ended: how, and what stood in its way. */
export function endedPage(state: RotationState, end: End): string {
  const why = end.reason === null ? '' : ` (${reasons[end.reason]})`;
  const causes = causesOf(state, end).map((cause) => `- ${cause}`);
  return [`# Ended: ${end.state}: ${endStates[end.state]}${why}`, '', ...causes, '', rotationPage(state, null)].join(
    '\n',
  );
}

/** The rotation's own page in the Temporal UI: where it stands, what comes next, what happens if that fails. Markdown. */
export function rotationPage(state: RotationState, parked: Reason | null): string {
  const { plan } = state.order;
  const phase = phases[state.phase];
  return [
    `# Rotation of ${plan.credential}`,
    '',
    ...(parked === null ? [] : [`**Waiting: ${reasons[parked]}.**`, '']),
    `- **Phase**: ${state.phase}: ${phase.doneBy}`,
    `- **True after it**: ${phase.truth}`,
    `- **If it fails**: ${phase.exits}`,
    `- **Failure policy**: ${state.policy}: ${failurePolicies[state.policy]}`,
    `- **Account**: ${plan.account} (${plan.kind})`,
    `- **Copies**: ${plan.copies.join(', ')}`,
    ...(state.cancelled
      ? [
          '- **Cancel was asked for**: before `promoted` the policy says what that means, after it everything goes forward',
        ]
      : []),
    '',
    `## Targets (${plan.targets.length})`,
    ...targetLines(state),
  ].join('\n');
}

function targetLines(state: RotationState): readonly string[] {
  const entries = Object.entries(state.targets);
  const lines = entries
    .slice(0, listedTargets)
    .map(([id, facts]) => `- ${id}: ${standing(facts)}${causeOf(state, id)}`);
  return entries.length > listedTargets ? [...lines, `- and ${entries.length - listedTargets} more`] : lines;
}

function causeOf(state: RotationState, id: string): string {
  const cause = trailOf(state).causes?.[id];
  return cause === undefined ? '' : ` (${cause.text})`;
}

function standing(facts: TargetFacts): string {
  if (facts.suspended) return 'the account is suspended';
  if (facts.taken)
    return Object.keys(facts.dead).length > 0 ? 'new secret works, an old one was refused' : 'new secret works';
  if (facts.failure !== null) return reasons[facts.failure];
  if (facts.sends > 0) return 'was told; not seen to have taken the new secret yet';
  return facts.working === null ? 'not looked at yet' : 'old secret works';
}
