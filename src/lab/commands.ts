import { readShellCommand } from '../targets/linux/shellCommand.js';
import type { ServerProcess } from '../transport/ssh/server.js';
import type { LabDevice } from './device.js';
import { exitCodes } from './exitCodes.js';
import { InputReader } from './inputReader.js';
import { changeOwnPassword } from './passwd.js';
import { runScript } from './scripts.js';

/** What a lab device understands, beside the driver's scripts. */
const plainCommands: Readonly<Record<string, (device: LabDevice, process: ServerProcess) => Promise<number>>> = {
  true: async () => exitCodes.done,
  cat: copyThrough,
  'env LC_ALL=C passwd': (device, process) => changeOwnPassword(device, process),
};

/** Runs one command of a logged-in account; gives its exit code. */
export async function runCommand(device: LabDevice, process: ServerProcess): Promise<number> {
  const plain = plainCommands[process.command ?? ''];
  if (plain !== undefined) return plain(device, process);
  const called = readShellCommand(process.command ?? '');
  const [subject, ...args] = called?.args ?? [];
  if (called === null || subject === undefined) {
    process.errors.write('this lab device knows no such command\n');
    return exitCodes.notFound;
  }
  const { script, mark } = called;
  return runScript({ device, user: process.account, script, mark, subject, args, process });
}

/** Gives back what it gets, until its input ends: a session that stays open. */
async function copyThrough(_device: LabDevice, process: ServerProcess): Promise<number> {
  const input = new InputReader(process.input);
  for (let line = await input.line(); line !== null; line = await input.line()) process.output.write(`${line}\n`);
  return exitCodes.done;
}
