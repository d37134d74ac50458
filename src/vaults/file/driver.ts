import { resolve } from 'node:path';
import { z } from 'zod';
import type { VaultType } from '../../contracts/registration.js';
import { readableFile } from '../../contracts/settings.js';
import { LedgerVault } from '../../ledger/ledgerVault.js';
import { AgeDocuments } from './ageDocuments.js';
import { isRecipient } from './identity.js';

const publicKeyForm = 'expected a public key of age, age1…, as `age-keygen -y` prints it';

const settings = z.strictObject({
  path: z.string().min(1).describe('the folder of the encrypted files'),
  identityFile: readableFile('an age identity (X25519), mode 0600; keep it outside of the folder'),
  recipients: z
    .array(
      z
        .string()
        .regex(/^age1[02-9ac-hj-np-z]{58}$/, publicKeyForm)
        .refine(isRecipient, `its checksum is wrong; ${publicKeyForm}`),
    )
    .max(50)
    .default([])
    .describe('who else may read the secrets there; every key that may read one now must be here'),
});

/** A folder of age-encrypted files, for one host: laptops, demos, small sites. */
export const vaultType: VaultType<typeof settings> = {
  names: ['file'],
  settings,
  example: { path: './vault', identityFile: './vault.key' },
  keepsText: true,
  create: ({ path, identityFile, recipients }, { baseDirectory, now }, shapes) => {
    const options = { shapes, recipients };
    const documents = new AgeDocuments(resolve(baseDirectory, path), resolve(baseDirectory, identityFile), options);
    return new LedgerVault(documents, now, shapes);
  },
  singleHost: true,
};
