import type { TargetId } from '../../model/record.js';
import type { Command } from '../commands.js';
import { factsOf, planOf, type RotationState, targetIds } from '../state.js';
import { askAgain, type Decision, finishAs, notAfter, runAll } from './decision.js';

export function suspended(state: RotationState): Decision {
  const open = targetIds(state).filter((id) => !factsOf(state, id).suspended);
  if (open.length === 0) return finishAs('disabled', state.failing ?? 'suspended', true);
  if (open.some((id) => !planOf(state, id).capabilities.suspends)) return finishAs('unverified', 'unsupported', true);
  const steps = open.map((id) => suspend(state, id, open)).filter((command) => command !== null);
  return runAll(steps) ?? finishAs('unverified', state.failing ?? 'suspended', true);
}

/** Targets are suspended side by side: each says of all of them that they may be. */
function suspend(state: RotationState, id: TargetId, open: readonly TargetId[]): Command | null {
  if (factsOf(state, id).suspendFailed) return state.now < state.deadline ? askAgain(state, [id]) : null;
  const write = { suspended: [...new Set([...(state.record?.suspended ?? []), ...open])] };
  return { do: 'suspend', target: id, login: { as: 'management' }, notAfter: notAfter(state), write };
}
