import { exitCodes } from './exitCodes.js';
import { change, type Operation } from './operation.js';

/** The part of an `account:value` line after the colon; null: the input ended before. */
async function entry({ begin, input }: Operation): Promise<string | null> {
  if (!(await begin())) return null;
  const line = await input.line();
  return line === null ? null : line.slice(line.indexOf(':') + 1);
}

export async function changePassword(operation: Operation): Promise<number> {
  const { device, account } = operation;
  const password = await entry(operation);
  if (password === null) return exitCodes.cutShort;
  if (password.length < device.minPasswordLength) return exitCodes.refused;
  return change(device, () => account.setPassword(password));
}

export async function printHash({ account, begin, print }: Operation): Promise<number> {
  if (!(await begin())) return exitCodes.cutShort;
  print(`${account.hash}\n`);
  return exitCodes.done;
}

export async function putHashBack(operation: Operation): Promise<number> {
  const { device, account } = operation;
  const hash = await entry(operation);
  if (hash === null) return exitCodes.cutShort;
  return change(device, () => {
    account.hash = hash;
  });
}
