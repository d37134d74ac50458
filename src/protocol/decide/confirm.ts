import type { TargetId } from '../../model/record.js';
import type { Command } from '../commands.js';
import { mayLogIn } from '../refusals.js';
import { factsOf, isPromoted, planOf, type RotationState } from '../state.js';
import { isUnasked } from './change.js';
import { type Decision, giveUp, go, loginAfter, notAfter, run, workable } from './decision.js';

export function confirmed(state: RotationState): Decision {
  const ids = workable(state);
  // Whatever came of saving: readers get only what opens a device afterwards.
  if (ids.some((id) => factsOf(state, id).confirmed !== 'no' && isUnasked(state, id))) return go(state, 'verified');
  const taken = ids.filter((id) => factsOf(state, id).taken);
  const open = taken.filter((id) => planOf(state, id).capabilities.confirms && factsOf(state, id).confirmed === 'no');
  const able = open.filter((id) => mayLogIn(state, id));
  if (able.length > 0) return run(...able.map((id) => confirmOf(state, id)));
  if (open.length > 0 && !isPromoted(state)) return giveUp(state, 'budget');
  const unsaved = ids.some((id) => isUnsaved(state, id));
  if (unsaved && state.policy !== 'forward' && !isPromoted(state)) return giveUp(state, 'confirmFailed');
  return taken.length === 0 ? giveUp(state, 'confirmFailed') : go(state, 'promoted');
}

function isUnsaved(state: RotationState, id: TargetId): boolean {
  return factsOf(state, id).confirmed === 'failed';
}

function confirmOf(state: RotationState, id: TargetId): Command {
  return { do: 'confirm', target: id, login: loginAfter(state, id), notAfter: notAfter(state) };
}
