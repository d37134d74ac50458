import { z } from 'zod';
import type { VaultType } from '../../contracts/registration.js';
import { LedgerVault } from '../../ledger/ledgerVault.js';
import { MemoryDocuments } from './documents.js';

const settings = z.strictObject({});

/** For tests and models: everything is gone with the process. */
export const vaultType: VaultType<typeof settings> = {
  names: ['memory'],
  settings,
  example: {},
  create: (_settings, environment) => new LedgerVault(new MemoryDocuments(), environment.now),
  singleHost: true,
};
