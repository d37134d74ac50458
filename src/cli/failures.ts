import type { Problem } from '../config/estate.js';
import type { Outcome } from './exitCodes.js';

/** relock.yaml is wrong: exit 2, everything that is wrong is listed. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super('the configuration has problems');
    this.name = 'ConfigurationError';
  }
}

/**
 * A command cannot go on. The message says what happened, to what, what is true now, what to do next; it is written
 * here, never copied from a third party.
 */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly outcome: Outcome = 'failed',
  ) {
    super(message);
    this.name = 'CommandError';
  }
}

/** What the person typed cannot be done: exit 2, nothing was touched. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(message, 'badInput');
    this.name = 'UsageError';
  }
}
