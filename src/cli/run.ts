import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { Command } from 'commander';
import type { Estate } from '../config/estate.js';
import { printable } from '../model/printable.js';
import type { Cli, CommandContext, Register } from './command.js';
import { commands } from './commands/index.js';
import { exitCodes, type Outcome } from './exitCodes.js';
import { ConfigurationError } from './failures.js';
import { Output } from './output.js';
import { reportFailure } from './reportFailure.js';

export interface CliProcess {
  /** Without the interpreter and the script. */
  readonly args: readonly string[];
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Runs one command line to its end and says how it ended. Never throws. */
export async function runCli(process: CliProcess, registers: readonly Register[] = commands): Promise<Outcome> {
  const program = frame(process);
  let outcome: Outcome = 'done';
  const cli: Cli = {
    action:
      (run) =>
      async (...args) => {
        outcome = await run(contextOf(program, process), ...args);
      },
  };
  for (const register of registers) register(program, cli);
  try {
    await program.parseAsync([...process.args], { from: 'user' });
    return outcome;
  } catch (error) {
    return reportFailure(error, new Output(wantsJson(process.args), process.stdout, process.stderr));
  }
}

function frame(process: CliProcess): Command {
  const meanings = Object.values(exitCodes).map(({ code, meaning }) => `  ${code}  ${meaning}`);
  return new Command('relock')
    .description(
      'Changes the locks after a vendor is breached: rotates every shared credential and proves that the old one is dead.',
    )
    .version(packageVersion())
    .option('--config <file>', 'the estate', 'relock.yaml')
    .option('--json', 'one JSON value on stdout, everything else on stderr')
    .showHelpAfterError('(relock --help lists what there is)')
    .addHelpText('after', `\nExit codes:\n${meanings.join('\n')}`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => process.stdout.write(text),
      writeErr: (text) => process.stderr.write(text.split('\n').map(printable).join('\n')),
    });
}

/** Before commander has understood the line: a line that it refuses is answered in JSON as well. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).includes('--json');
}

function contextOf(program: Command, process: CliProcess): CommandContext {
  const options = program.opts<{ config: string; json?: boolean }>();
  let estate: Promise<Estate> | null = null;
  const context: CommandContext = {
    out: new Output(options.json === true, process.stdout, process.stderr),
    configFile: options.config,
    environment: process.environment,
    now: Date.now,
    signal: process.signal,
    estate: () => {
      estate ??= readEstateOf(context);
      return estate;
    },
  };
  return context;
}

async function readEstateOf({ configFile, environment, now }: CommandContext): Promise<Estate> {
  const { loadEstate } = await import('../config/loadEstate.js');
  const loaded = loadEstate(configFile, { environment, now });
  if ('problems' in loaded) throw new ConfigurationError(loaded.problems);
  return loaded.estate;
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  const version: unknown = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'version') : null;
  return typeof version === 'string' ? version : 'unknown';
}
