import { exitCodes } from './exitCodes.js';
import type { Operation } from './operation.js';

export async function suspend({ account, begin }: Operation): Promise<number> {
  if (!(await begin())) return exitCodes.cutShort;
  account.suspended ??= { locked: account.locked, expires: account.expires };
  account.expires = 1;
  return exitCodes.done;
}

export async function reinstate({ account, begin }: Operation): Promise<number> {
  if (!(await begin())) return exitCodes.cutShort;
  if (account.suspended === null) return exitCodes.done;
  Object.assign(account, account.suspended);
  account.suspended = null;
  return exitCodes.done;
}

export async function endSessions({ device, account, begin, input }: Operation): Promise<number> {
  if (!(await begin(device.uptimeSeconds.toFixed(2)))) return exitCodes.cutShort;
  const limit = await input.line();
  if (limit === null) return exitCodes.cutShort;
  device.endProcesses(account.name, Number(limit));
  return exitCodes.done;
}

export async function inspect({ account, begin, print }: Operation): Promise<number> {
  if (!(await begin())) return exitCodes.cutShort;
  if (account.isOpen) print(account.locked ? 'locked\n' : 'open\n');
  else print('expired\n');
  return exitCodes.done;
}

/** Nothing stands in the way of a change here. */
export async function seeNothing({ begin }: Operation): Promise<number> {
  return (await begin()) ? exitCodes.done : exitCodes.cutShort;
}
