import type { ServerProcess } from '../transport/ssh/server.js';
import type { LabDevice } from './device.js';
import { exitCodes } from './exitCodes.js';
import { InputReader } from './inputReader.js';
import { change } from './operation.js';

/** `passwd` of the account itself, as shadow's with PAM talks; on a terminal without echo. */
export async function changeOwnPassword(device: LabDevice, process: ServerProcess): Promise<number> {
  const account = device.account(process.account);
  const input = new InputReader(process.input);
  const ask = async (prompt: string) => {
    process.output.write(prompt);
    return (await input.line()) ?? '';
  };
  if (account === null || !account.hasPassword(await ask('Current password: '))) {
    process.output.write('passwd: Authentication token manipulation error\npasswd: password unchanged\n');
    return exitCodes.refused;
  }
  const next = await ask('New password: ');
  if (next.length < device.minPasswordLength) {
    process.output.write(
      'BAD PASSWORD: it is too short\npasswd: Authentication token manipulation error\npasswd: password unchanged\n',
    );
    return exitCodes.refused;
  }
  if ((await ask('Retype new password: ')) !== next) {
    process.output.write(
      'Sorry, passwords do not match.\npasswd: Authentication token manipulation error\npasswd: password unchanged\n',
    );
    return exitCodes.refused;
  }
  const code = await change(device, () => account.setPassword(next));
  process.output.write('passwd: password updated successfully\n');
  return code;
}
