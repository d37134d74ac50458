import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DriverEnvironment, VaultType } from '../../contracts/registration.js';
import { LedgerVault } from '../../ledger/ledgerVault.js';
import { DriverError } from '../../model/errors.js';
import { createVaultApi } from '../../transport/vaultApi/client.js';
import { createSession } from '../../transport/vaultApi/session.js';
import { KvDocuments } from './kvDocuments.js';
import { type OpenbaoSettings, openbaoSettings } from './settings.js';
import { createTokenSource } from './tokenSources.js';

const driver = 'openbao';

/** OpenBao and HashiCorp Vault: the same HTTP API, KV version 2. */
export const vaultType: VaultType<typeof openbaoSettings> = {
  names: ['openbao', 'vault'],
  settings: openbaoSettings,
  example: { address: 'https://vault.example:8200', auth: { method: 'token', tokenEnv: 'VAULT_TOKEN' } },
  keepsText: false,
  create: (settings, environment, shapes) =>
    new LedgerVault(createKvDocuments(settings, environment), environment.now, shapes),
  singleHost: false,
};

export function createKvDocuments(settings: OpenbaoSettings, environment: DriverEnvironment): KvDocuments {
  const caPem = settings.caFile === undefined ? null : readCa(settings.caFile, environment);
  const api = createVaultApi({ driver, address: settings.address, namespace: settings.namespace, caPem });
  return new KvDocuments(createSession(api, createTokenSource(api, settings.auth, environment)), settings.mount);
}

function readCa(file: string, environment: DriverEnvironment): string {
  try {
    return readFileSync(resolve(environment.baseDirectory, file), 'utf8');
  } catch {
    const message = `the file ${file} (caFile in relock.yaml) cannot be read; nothing was sent. Put the PEM certificate there`;
    throw new DriverError({ code: 'Misconfigured', effect: 'none', driver, subject: file, message });
  }
}
