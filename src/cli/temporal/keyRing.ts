import { dirname, join, resolve } from 'node:path';
import { makeKeyFile, readKeyFile } from '../../codec/keyFile.js';
import type { KeyRing } from '../../codec/keyRing.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';

/** Where the key ring is, for whoever speaks to Temporal by this relock.yaml; `isDefault`: nobody said so. */
export async function keyRingPlace(
  context: CommandContext,
): Promise<{ readonly file: string; readonly isDefault: boolean }> {
  const { RELOCK_CODEC_KEY_FILE: given } = context.environment;
  if (given) return { file: resolve(given), isDefault: false };
  const { codecKeyFile } = await context.estate();
  if (codecKeyFile !== null) return { file: codecKeyFile, isDefault: false };
  return { file: join(dirname(resolve(context.configFile)), '.relock', 'codec.keys'), isDefault: true };
}

/** Throws `CodecError` when it is there and cannot be used. */
export async function keyRingOf(context: CommandContext): Promise<KeyRing | 'missing'> {
  return readKeyFile((await keyRingPlace(context)).file);
}

/** A key ring, or a failure that says what to do. */
export async function requiredKeyRing(context: CommandContext): Promise<KeyRing> {
  const ring = await keyRingOf(context);
  if (ring === 'missing') throw await noKeyRing(context);
  return ring;
}

/** For a server and workers that begin here: where nobody named another place, the first start makes one. */
export async function ownKeyRing(context: CommandContext): Promise<KeyRing> {
  const { file, isDefault } = await keyRingPlace(context);
  if (isDefault && makeKeyFile(file, context.now()))
    context.out.note(`made ${file}: with this key everything in Temporal is encrypted; without it nobody can read it`);
  return requiredKeyRing(context);
}

export async function noKeyRing(context: CommandContext): Promise<CommandError> {
  const { file, isDefault } = await keyRingPlace(context);
  const first = isDefault ? '`relock dev` and `relock codec new-key` make' : '`relock codec new-key` makes';
  return new CommandError(
    `there is no key ring ${file}, with which everything in Temporal is encrypted; nothing was touched. Copy the one of the workers there, or name it: codec.keyFile in relock.yaml, or RELOCK_CODEC_KEY_FILE. ${first} a first one there`,
    'badInput',
  );
}
