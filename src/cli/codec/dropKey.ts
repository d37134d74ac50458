import { removeKey } from '../../codec/keyFile.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError } from '../failures.js';
import { keyRingPlace, requiredKeyRing } from '../temporal/keyRing.js';
import { keyStanding } from './standing.js';

export async function dropKey(context: CommandContext, name: string): Promise<Outcome> {
  const ring = await requiredKeyRing(context);
  const { keys } = await keyStanding(context, ring);
  const needed = keys.find((key) => key.name === name)?.neededBy ?? 0;
  if (needed > 0)
    throw new CommandError(
      `${needed} workflows or schedules in Temporal can only be read with the key "${name}"; nothing was changed. What has ended goes by itself when the retention of the namespace is over; what runs must end first; a schedule is written anew when it is deleted (temporal schedule delete), by relock schedule apply. relock codec list shows how many are left`,
      'badInput',
    );
  const { file } = await keyRingPlace(context);
  removeKey(file, name);
  context.out.result({ file, removed: name }, [
    `${file}: ${name} is gone, and nothing in Temporal needed it`,
    'next: give the file to every worker and client again',
  ]);
  return 'done';
}
