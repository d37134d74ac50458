import type { SpentToken } from '../model/record.js';
import type { End } from './commands.js';
import type { Rotated, RotationInterpreter } from './rotate.js';

/** Another head took our record over, and is at work by it: what it does is not known here. */
export const carriedOnElsewhere: End = {
  state: 'unverified',
  reason: 'held',
  flags: { exposed: true, stale: [], unsaved: [] },
  open: true,
  again: false,
};

/**
 * A rotation that ended without certainty may have been taken over by somebody else meanwhile (`relock recover`): then how
 * that ends is how it ends, and until its record is closed nothing is known here. Opening our own record again changes nothing.
 */
export async function unlessOvertaken({ end, rotation }: Rotated, interpreter: RotationInterpreter): Promise<End> {
  const { state } = rotation;
  if (!end.open || state.record?.token !== rotation.order.token) return end;
  const seen = await interpreter.execute({ do: 'open' }, state);
  if (seen.of !== 'open' || !seen.outcome.ok) return end;
  const { value } = seen.outcome;
  if (value.kind === 'spent') return endedAs(value.spent, end);
  return value.kind === 'held' ? carriedOnElsewhere : end;
}

/** As we would have had it: then it was our own `finish`, whose reply was lost. */
function endedAs({ end: state }: SpentToken, ours: End): End {
  if (state === ours.state) return { ...ours, open: false };
  const exposed = state !== 'rotated' && state !== 'disabled';
  return { state, reason: 'spent', flags: { exposed, stale: [], unsaved: [] }, open: false, again: false };
}
