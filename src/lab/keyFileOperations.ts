import { createHash } from 'node:crypto';
import { exitCodes } from './exitCodes.js';
import { change, type Operation } from './operation.js';

/** The script's own last line of input. */
const lastLine = 'relock-end';

function digestOf(file: string | null): string {
  return file === null ? 'absent' : createHash('sha256').update(file, 'latin1').digest('hex');
}

export async function printKeyFile({ account, begin, print }: Operation): Promise<number> {
  if (!(await begin(digestOf(account.keyFile)))) return exitCodes.cutShort;
  print(account.keyFile ?? '');
  return exitCodes.done;
}

/** Arguments: path, digest of the file that was edited, size of what comes. */
export async function writeKeyFile({ device, account, args, begin, input }: Operation): Promise<number> {
  const [_path, digest, size] = args;
  if (!(await begin())) return exitCodes.cutShort;
  const edited = await input.bytes(Number(size));
  if (edited === null || (await input.line()) !== lastLine) return exitCodes.cutShort;
  if (digestOf(account.keyFile) !== digest) return exitCodes.changedMeanwhile;
  return change(device, () => {
    account.keyFile = edited;
  });
}
