import type { Command } from 'commander';
import type { Estate } from '../config/estate.js';
import type { Instant } from '../model/time.js';
import type { Outcome } from './exitCodes.js';
import type { Output } from './output.js';

/** What a command gets beside its own arguments and options. */
export interface CommandContext {
  readonly out: Output;
  /** Path of relock.yaml, as given: problems name it so. */
  readonly configFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Instant;
  /** Aborted at the first SIGINT or SIGTERM; the second ends the process. */
  readonly signal: AbortSignal;
  /** Reads relock.yaml, once. Throws `ConfigurationError`, which the frame prints. */
  estate(): Promise<Estate>;
}

export interface Cli {
  /**
   * An action for commander. It returns how it ended, or throws `CommandError`, `ConfigurationError` or `DriverError`;
   * the frame prints failures and sets the exit code.
   */
  action<Args extends unknown[]>(
    run: (context: CommandContext, ...args: Args) => Outcome | Promise<Outcome>,
  ): (...args: Args) => Promise<void>;
}

/**
 * Each file in commands/ exports one as `register`. It is called at every start, so whatever is heavy (Temporal, SSH,
 * drivers) is imported inside the action.
 */
export type Register = (program: Command, cli: Cli) => void;
