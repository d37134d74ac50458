import { CommanderError } from 'commander';
import { CodecError } from '../codec/keyRing.js';
import type { Problem } from '../config/estate.js';
import { DriverError, errorCodes } from '../model/errors.js';
import type { Outcome } from './exitCodes.js';
import { CommandError, ConfigurationError } from './failures.js';
import type { Output } from './output.js';

/** Prints why a command ended early, and says what that means for the exit code. The one place where failures are printed. */
export function reportFailure(error: unknown, out: Output): Outcome {
  if (error instanceof ConfigurationError) return reportProblems(error.problems, out);
  if (error instanceof CommanderError) return reportUsage(error, out);
  if (error instanceof DriverError) {
    return report(
      out,
      'failed',
      error.code,
      `${error.subject}: ${error.message} (${error.code}: ${errorCodes[error.code].meaning})`,
    );
  }
  if (error instanceof CommandError) return report(out, error.outcome, error.name, error.message);
  if (error instanceof CodecError) return report(out, 'failed', error.name, error.message);
  return report(out, 'failed', 'Unexpected', unexpected(error));
}

/** `relock.yaml:41: what is wrong`. */
export function problemLine({ file, line, message }: Problem): string {
  return `${file}${line === null ? '' : `:${line}`}: ${message}`;
}

/** More than this on a screen is read by nobody. */
const maxShown = 200;

function reportProblems(problems: readonly Problem[], out: Output): Outcome {
  for (const problem of problems.slice(0, maxShown)) out.note(problemLine(problem));
  if (problems.length > maxShown) out.note(`… and ${problems.length - maxShown} more; --json lists all of them`);
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  out.note(`${count} in the configuration; nothing was touched. Correct the file and run the same command again`);
  if (out.json) out.result({ ok: false, problems }, []);
  return 'badInput';
}

/** Commander has printed its own message, or the help that was asked for. */
function reportUsage(error: CommanderError, out: Output): Outcome {
  if (error.exitCode === 0) return 'done';
  if (out.json) out.result({ ok: false, error: { code: 'UsageError', message: error.message } }, []);
  return 'badInput';
}

function report(out: Output, outcome: Outcome, code: string, message: string): Outcome {
  out.note(message);
  if (out.json) out.result({ ok: false, error: { code, message } }, []);
  return outcome;
}

/** Only where it happened: a foreign error's own text may carry a token or a value. */
function unexpected(error: unknown): string {
  const name = error instanceof Error ? error.constructor.name : typeof error;
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frames = stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 5);
  return [
    `relock met an error that it does not know (${name}${codeOf(error)}); what it had done until then stands.`,
    'Please report this with the lines below, which hold no secret:',
    ...frames,
  ].join('\n');
}

/** Only codes of Node's own form, such as ERR_MODULE_NOT_FOUND. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? ` ${code}` : '';
}
