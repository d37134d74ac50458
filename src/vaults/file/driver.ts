import { resolve } from 'node:path';
import { z } from 'zod';
import type { VaultType } from '../../contracts/registration.js';
import { LedgerVault } from '../../ledger/ledgerVault.js';
import { AgeDocuments } from './ageDocuments.js';

const settings = z.strictObject({
  /** The folder of the encrypted files. */
  path: z.string().min(1),
  /** An age identity (X25519), mode 0600. Keep it outside of the folder. */
  identityFile: z.string().min(1),
});

/** A folder of age-encrypted files, for one host: laptops, demos, small sites. */
export const vaultType: VaultType<typeof settings> = {
  names: ['file'],
  settings,
  create: ({ path, identityFile }, { baseDirectory, now }) =>
    new LedgerVault(new AgeDocuments(resolve(baseDirectory, path), resolve(baseDirectory, identityFile)), now),
  singleHost: true,
};
