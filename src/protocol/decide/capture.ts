import type { TargetId } from '../../model/record.js';
import type { CommandOf } from '../commands.js';
import { factsOf, isPromoted, planOf, type RotationState } from '../state.js';
import { loginBefore } from './decision.js';

/** What undo needs of this target must be kept before the target is changed; null: nothing, or it cannot be. */
export function captureOf(state: RotationState, target: TargetId): CommandOf<'capture'> | null {
  const { working, captureFailed } = factsOf(state, target);
  const login = loginBefore(state, target);
  if (!needsCapture(state, target) || captureFailed || working === null || login === null) return null;
  return { do: 'capture', target, current: working, login };
}

/** It was tried, and an undo would be impossible. */
export function lacksUndo(state: RotationState, target: TargetId): boolean {
  return needsCapture(state, target) && factsOf(state, target).captureFailed;
}

function needsCapture(state: RotationState, target: TargetId): boolean {
  if (state.policy !== 'restore' || isPromoted(state)) return false;
  return planOf(state, target).capabilities.undo === 'capture' && state.record?.captures[target] === undefined;
}
