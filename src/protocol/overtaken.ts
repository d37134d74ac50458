import type { SpentToken } from '../model/record.js';
import type { End } from './commands.js';
import type { Rotated, RotationInterpreter } from './rotate.js';

/**
 * A rotation that ended without certainty may have been finished by somebody else meanwhile (`relock recover`): then its
 * record is gone, and how that ended is how it ended. Opening our own record again changes nothing.
 */
export async function unlessOvertaken({ end, rotation }: Rotated, interpreter: RotationInterpreter): Promise<End> {
  const { state } = rotation;
  if (!end.open || state.record?.token !== rotation.order.token) return end;
  const seen = await interpreter.execute({ do: 'open' }, state);
  const finished = seen.of === 'open' && seen.outcome.ok && seen.outcome.value.kind === 'spent';
  return finished ? endedAs(seen.outcome.value.spent, end) : end;
}

/** As we would have had it: then it was our own `finish`, whose reply was lost. */
function endedAs({ end: state }: SpentToken, ours: End): End {
  if (state === ours.state) return { ...ours, open: false };
  const exposed = state !== 'rotated' && state !== 'disabled';
  return { state, reason: 'spent', flags: { exposed, stale: [], unsaved: [] }, open: false, again: false };
}
