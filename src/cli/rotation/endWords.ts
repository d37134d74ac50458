import { type EndState, endStates, reasons } from '../../model/endStates.js';
import type { RotationResult } from '../../workflows/messages.js';
import type { Outcome } from '../exitCodes.js';

/** What a rotation's end means for the exit code. */
export function outcomeOf({ state, flags }: RotationResult): Outcome {
  if (state === 'rotated') return flags.exposed || flags.stale.length > 0 ? 'incomplete' : 'done';
  return byState[state];
}

const byState: Readonly<Record<Exclude<EndState, 'rotated'>, Outcome>> = {
  replaced: 'incomplete',
  disabled: 'waiting',
  untouched: 'failed',
  rolledBack: 'failed',
  unverified: 'failed',
  lost: 'failed',
};

/** How it ended, why, what is still open to somebody, and what to do next. */
export function endLines(result: RotationResult): readonly string[] {
  const { credential, state, reason, flags } = result;
  const why = reason === null ? '' : ` (${reasons[reason]})`;
  const seconds = ((result.endedAt - result.startedAt) / 1000).toFixed(1);
  return [
    `${credential}: ${state}: ${endStates[state]}${why}; ${seconds} s`,
    ...(result.causes ?? []).map((cause) => `  ${cause}`),
    ...(flags.exposed && state !== 'untouched' ? ['  exposed: an old secret may still open something'] : []),
    ...(flags.stale.length > 0 ? [`  stale: readers of ${flags.stale.join(', ')} do not get the new secret`] : []),
    ...(flags.unsaved.length > 0
      ? [`  unsaved: a reboot of ${flags.unsaved.join(', ')} may revive the old secret`]
      : []),
    ...nextLines(result),
  ];
}

function nextLines({ credential, state, reason, open }: RotationResult): readonly string[] {
  if (state === 'rotated' && reason === 'superseded')
    return [`  next: see whether what readers get now works; if not: relock rotate ${credential}`];
  if (state === 'disabled') return [`  next: find out why, then relock reinstate ${credential}`];
  if (open)
    return [
      `  next: correct what is named above, then relock recover ${credential}; every version that may work is held in its vault`,
    ];
  return state === 'rotated' || state === 'replaced'
    ? []
    : [`  next: correct what is named above, then relock rotate ${credential}`];
}
