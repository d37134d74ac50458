import type { EstateKind } from '../estate.js';
import { estateKind } from './estateKind.js';
import { linuxPassword } from './targets/linuxPassword.js';
import { startOpenBaoVault } from './vaults/openBaoVault.js';

/** Every kind of credential, target and vault that the campaign puts under fire. */
export const estateKinds: readonly EstateKind[] = [
  estateKind('linux × password, openbao', { targets: linuxPassword(), vaults: [startOpenBaoVault] }),
];
