import { existsSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CommandContext, Register } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError, UsageError } from '../failures.js';
import { starter, starterFiles } from '../init/starter.js';

export const register: Register = (program, cli) => {
  program
    .command('init')
    .description('write a first relock.yaml, with a local vault and its key; overwrites nothing')
    .action(cli.action((context) => init(context)));
};

async function init({ configFile, out }: CommandContext): Promise<Outcome> {
  const folder = dirname(configFile);
  const identity = join(folder, starterFiles.identity);
  for (const file of [configFile, identity]) {
    if (existsSync(file))
      throw new UsageError(
        `${file} is there already, and is left as it is; nothing was written. Move it away, or name another file with --config`,
      );
  }
  const recipient = await written(folder, configFile, identity);
  out.result({ config: configFile, identity, recipient, vault: join(folder, starterFiles.vault) }, [
    `wrote ${configFile}: a start, to be filled in`,
    `wrote ${identity}: the only key to the secrets in ${join(folder, starterFiles.vault)} (age, ${recipient})`,
    'Keep the key out of version control and back it up: without it, the secrets are lost.',
    'Next: add targets and credentials, then relock check',
  ]);
  return 'done';
}

/** The key first: a relock.yaml without its key would be refused. */
async function written(folder: string, configFile: string, identity: string): Promise<string> {
  const { createIdentity } = await import('../../vaults/file/identity.js');
  try {
    await mkdir(join(folder, starterFiles.vault), { recursive: true, mode: 0o700 });
    const recipient = await createIdentity(identity);
    writeFileSync(configFile, starter, { flag: 'wx' });
    return recipient;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new CommandError(
      `${folder} could not be written to (${code}); nothing that was there was changed. Correct its owner or mode, or name a file elsewhere with --config`,
    );
  }
}
