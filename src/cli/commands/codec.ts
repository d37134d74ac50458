import { Argument } from 'commander';
import type { IdKind } from '../codec/idKey.js';
import type { CommandContext, Register } from '../command.js';
import type { Outcome } from '../exitCodes.js';

/** The heavy parts are loaded when a command runs. */
export const register: Register = (program, cli) => {
  const codec = program
    .command('codec')
    .description('the keys with which everything in Temporal is encrypted, and its ids are made');
  codec
    .command('new-key')
    .description(
      'make the key ring, or put a new key in front of it, where it only decrypts until `relock codec use-key`',
    )
    .option('--ids', 'make the key of ids instead, in the file that codec.opaqueIds in relock.yaml names')
    .action(cli.action((context, { ids }: { ids?: boolean }) => (ids === true ? newIdKey(context) : newKey(context))));
  codec
    .command('id')
    .addArgument(new Argument('<kind>', 'of what').choices(['rotate', 'incident', 'due']))
    .argument('<name>', 'a credential, vendor/key of an incident, or vendor/days of a schedule')
    .description('the id to search for in the Temporal UI, also where codec.opaqueIds hides names')
    .action(
      cli.action(async (context, kind: IdKind, name: string) => {
        const { showId } = await import('../codec/idKey.js');
        return showId(context, kind, name);
      }),
    );
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

async function newIdKey(context: CommandContext): Promise<Outcome> {
  const idKey = await import('../codec/idKey.js');
  return idKey.newIdKey(context);
}

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
