import { resolve } from 'node:path';
import { z } from 'zod';
import type { VaultType } from '../../contracts/registration.js';
import { readableFile } from '../../contracts/settings.js';
import { LedgerVault } from '../../ledger/ledgerVault.js';
import { AgeDocuments } from './ageDocuments.js';

const settings = z.strictObject({
  path: z.string().min(1).describe('the folder of the encrypted files'),
  identityFile: readableFile('an age identity (X25519), mode 0600; keep it outside of the folder'),
});

/** A folder of age-encrypted files, for one host: laptops, demos, small sites. */
export const vaultType: VaultType<typeof settings> = {
  names: ['file'],
  settings,
  example: { path: './vault', identityFile: './vault.key' },
  create: ({ path, identityFile }, { baseDirectory, now }) =>
    new LedgerVault(new AgeDocuments(resolve(baseDirectory, path), resolve(baseDirectory, identityFile)), now),
  singleHost: true,
};
