import process from 'node:process';
import type { Writable } from 'node:stream';
import { exitCodes } from './exitCodes.js';
import { runCli } from './run.js';

/** 128 + SIGINT, as shells count. */
const interruptedExitCode = 130;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(interruptedExitCode);
    stop.abort();
  });
}
// Whoever reads us may stop reading (`relock credentials | head`).
process.stdout.on('error', () => process.exit(exitCodes.done.code));

const outcome = await runCli({
  args: process.argv.slice(2),
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: stop.signal,
});
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
// Not by letting the loop run dry: a driver's idle connection must not keep a finished command waiting.
process.exit(exitCodes[outcome].code);

function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
