import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import { type Effect, type ErrorCode, errorCodes } from '../model/errors.js';
import { type Failure, messageOf, type Outcome } from '../protocol/commands.js';

/** What came of an activity, as the protocol wants to know it. Anything but an activity's failure is a bug of ours and is thrown on. */
export async function attempt<Value>(call: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    // A local activity's failure comes bare.
    const isBare = error instanceof ApplicationFailure || error instanceof TimeoutFailure;
    if (!isBare && !(error instanceof ActivityFailure)) throw error;
    return { ok: false, ...failureOf(isBare ? error : error.cause) };
  }
}

const neverBegun: Failure = { code: 'Unreachable', effect: 'none' };

/** No worker took it up in time. */
export function isNeverBegun({ code, effect }: Failure): boolean {
  return code === neverBegun.code && effect === neverBegun.effect;
}

function failureOf(cause: Error | undefined): Failure {
  if (cause instanceof ApplicationFailure) {
    const code = cause.type ?? '';
    if (!isErrorCode(code)) return { code: 'Bug', effect: 'unknown' };
    return { code, effect: effectOf(cause), message: messageOf(cause) };
  }
  // No worker took it up: it never happened.
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START') return neverBegun;
  return { code: 'Timeout', effect: 'unknown' };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

function effectOf(failure: ApplicationFailure): Effect {
  return failure.details?.[0] === 'none' ? 'none' : 'unknown';
}
