// Generated from the folders here by `npm run generate`; do not edit.
import type { VaultType } from '../contracts/registration.js';

export const vaultTypes: readonly VaultType[] = [];
