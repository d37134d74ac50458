// Generated from the folders here by `npm run generate`; do not edit.
import type { VaultType } from '../contracts/registration.js';
import { vaultType as awsSecretsManager } from './aws-secrets-manager/driver.js';
import { vaultType as file } from './file/driver.js';
import { vaultType as openbao } from './openbao/driver.js';

export const vaultTypes: readonly VaultType[] = [awsSecretsManager, file, openbao];
