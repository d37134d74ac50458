import type { CommandContext, Register } from '../command.js';
import type { Outcome } from '../exitCodes.js';

/** The heavy parts are loaded when a command runs. */
export const register: Register = (program, cli) => {
  const codec = program.command('codec').description('the keys with which everything in Temporal is encrypted');
  codec
    .command('new-key')
    .description(
      'make the key ring, or put a new key in front of it, where it only decrypts until `relock codec use-key`',
    )
    .action(cli.action((context) => newKey(context)));
  codec
    .command('list')
    .description('the keys, which one encrypts, which workers have them, and what in Temporal needs them')
    .action(
      cli.action(async (context) => {
        const { listKeys } = await import('../codec/listKeys.js');
        return listKeys(context);
      }),
    );
  codec
    .command('use-key')
    .argument('<key>', 'its name')
    .description('encrypt with this key from now on; refused while a worker that runs does not have it')
    .action(
      cli.action(async (context, name: string) => {
        const { changeKey } = await import('../codec/useKey.js');
        return changeKey(context, name);
      }),
    );
  codec
    .command('remove-key')
    .argument('<key>', 'its name')
    .description('take a key out; refused while something in Temporal can only be read with it')
    .action(
      cli.action(async (context, name: string) => {
        const { dropKey } = await import('../codec/dropKey.js');
        return dropKey(context, name);
      }),
    );
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
    : `give it to every worker and client and restart them; then: relock codec use-key ${names[0]}`;
  context.out.result({ file, keys: names }, [`${file}: ${names.join(', ')}; the last one encrypts`, `next: ${next}`]);
  return 'done';
}
