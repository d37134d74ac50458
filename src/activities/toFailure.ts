import { ApplicationFailure, log } from '@temporalio/activity';
import { DriverError, errorCodes } from '../model/errors.js';

/**
 * What of an error may enter Temporal's history: a code of the closed table as the type, relock's own text, and
 * `[effect, driver, subject]`. Never a cause, a stack, or an error that others made.
 */
export function toFailure(error: unknown): ApplicationFailure {
  if (!(error instanceof DriverError)) return bug(error);
  const { code, effect, driver, subject, message } = error;
  const nonRetryable = !errorCodes[code].retry;
  return bare({ type: code, message, nonRetryable, details: [effect, driver, subject] });
}

/** Where a rule of relock's own was broken, for the log; nothing that the error itself says. */
export function logBug(error: unknown): void {
  const name = error instanceof Error ? error.constructor.name : typeof error;
  log.error('relock broke one of its own rules; please report these lines (they hold no secret)', {
    name,
    frames: framesOf(error),
  });
}

function bug(error: unknown): ApplicationFailure {
  logBug(error);
  const message =
    'relock broke one of its own rules; what it did there is not known. The log of the worker says where. Please report this.';
  return bare({ type: 'Bug', message, nonRetryable: true, details: ['unknown', 'relock', 'activity'] });
}

/** Where it happened, without the error's own text, which may carry a value. */
function framesOf(error: unknown): readonly string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.slice(0, 5).map((line) => line.trim());
}

function bare(options: Parameters<typeof ApplicationFailure.create>[0]): ApplicationFailure {
  const failure = ApplicationFailure.create(options);
  failure.stack = '';
  return failure;
}
