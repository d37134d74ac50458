import { useKey } from '../../codec/keyFile.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError } from '../failures.js';
import { keyRingPlace, requiredKeyRing } from '../temporal/keyRing.js';
import { keyStanding } from './standing.js';

/** A worker without the key could only leave alone what is encrypted with it, and nobody would hear why. */
export async function changeKey(context: CommandContext, name: string): Promise<Outcome> {
  const ring = await requiredKeyRing(context);
  const { keys, workers } = await keyStanding(context, ring);
  const having = keys.find((key) => key.name === name)?.workers ?? workers;
  if (having < workers)
    throw new CommandError(
      `${workers - having} of ${workers} workers do not have the key "${name}" yet; nothing was changed. Give them this key ring and restart them, then run the same command again`,
      'badInput',
    );
  const { file } = await keyRingPlace(context);
  useKey(file, name);
  context.out.result({ file, encrypts: name }, [
    `${file}: ${name} encrypts`,
    'next: give the file to every worker and client again, and restart the workers',
  ]);
  return 'done';
}
