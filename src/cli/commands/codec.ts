import type { CommandContext, Register } from '../command.js';
import type { Outcome } from '../exitCodes.js';

export const register: Register = (program, cli) => {
  const codec = program.command('codec').description('the keys with which everything in Temporal is encrypted');
  codec
    .command('new-key')
    .description(
      'make the key ring, or put a new key in front of it, where it only decrypts until its line is moved to the end',
    )
    .action(cli.action((context) => newKey(context)));
};

async function newKey(context: CommandContext): Promise<Outcome> {
  const { keyRingPlace } = await import('../temporal/keyRing.js');
  const { addKey, makeKeyFile, readKeyFile } = await import('../../codec/keyFile.js');
  const { file } = await keyRingPlace(context);
  const isNew = makeKeyFile(file, context.now());
  if (!isNew) addKey(file, context.now());
  const ring = readKeyFile(file);
  const names = ring === 'missing' ? [] : ring.names;
  const next = isNew
    ? 'give the same file to every worker and client'
    : 'give it to every worker and client and restart them; then move its line to the end, and do that again';
  context.out.result({ file, keys: names }, [`${file}: ${names.join(', ')}; the last one encrypts`, `next: ${next}`]);
  return 'done';
}
