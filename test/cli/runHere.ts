import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { exitCodes } from '../../src/cli/exitCodes.js';
import { runCli } from '../../src/cli/run.js';
import type { Ended } from './runRelock.js';

type Environment = Readonly<Record<string, string>>;

/** As `runRelock`, within this process, which is much faster. */
export function runHere(
  folder: string,
  args: readonly string[],
  environment: Environment = {},
  file = 'relock.yaml',
): Promise<Ended> {
  return ended([...args, '--config', join(folder, file)], environment);
}

/** As typed in that folder: files are named as a person there sees them. This process is there meanwhile, so one at a time. */
export async function runIn(folder: string, args: readonly string[], environment: Environment = {}): Promise<Ended> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await ended(args, environment);
  } finally {
    process.chdir(before);
  }
}

async function ended(args: readonly string[], environment: Environment): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const signal = new AbortController().signal;
  const outcome = await runCli({ args, stdout, stderr, environment, signal });
  const textOf = (stream: PassThrough) => String(stream.read() ?? '');
  return { code: exitCodes[outcome].code, stdout: textOf(stdout), stderr: textOf(stderr) };
}
