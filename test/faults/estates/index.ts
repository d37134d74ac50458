import type { EstateKind } from '../estate.js';
import { estateKind } from './estateKind.js';
import { startAppRole } from './targets/appRole.js';
import { startFrrPassword } from './targets/frrPassword.js';
import { linuxKey } from './targets/linuxKey.js';
import { linuxPassword } from './targets/linuxPassword.js';
import { startPostgresql } from './targets/postgresql.js';
import { startAgeVault } from './vaults/ageVault.js';
import { awsVault } from './vaults/awsVault.js';
import { startOpenBaoVault } from './vaults/openBaoVault.js';

/** Every kind of credential, target and vault that the campaign puts under fire. */
export const estateKinds: readonly EstateKind[] = [
  estateKind('linux × password, openbao', { targets: linuxPassword(), vaults: [startOpenBaoVault] }),
  estateKind('linux × ssh-key, openbao', { targets: linuxKey(), vaults: [startOpenBaoVault] }),
  estateKind('postgresql × password, openbao', { targets: startPostgresql, vaults: [startOpenBaoVault] }),
  estateKind('frr × password, openbao', { targets: startFrrPassword, vaults: [startOpenBaoVault] }),
  estateKind('openbao × approle-secret-id, openbao', { targets: startAppRole, vaults: [startOpenBaoVault] }),
  estateKind('linux × password, age files', { targets: linuxPassword(), vaults: [startAgeVault] }),
  estateKind('linux × password, aws by moto', { targets: linuxPassword(), vaults: [awsVault('moto')] }),
  estateKind('linux × password, aws by ministack', { targets: linuxPassword(), vaults: [awsVault('ministack')] }),
  estateKind('linux × password on two targets, openbao and age files', {
    targets: linuxPassword(2),
    vaults: [startOpenBaoVault, startAgeVault],
  }),
  estateKind('linux × ssh-key on two targets, openbao and aws', {
    targets: linuxKey(2, { keyOptions: 'no-agent-forwarding' }),
    vaults: [startOpenBaoVault, awsVault('moto')],
  }),
  estateKind('dropbear × password, openbao', {
    targets: linuxPassword(1, { dropbear: true }),
    vaults: [startOpenBaoVault],
  }),
  estateKind('linux × password, openbao, a first adoption', {
    targets: linuxPassword(),
    vaults: [startOpenBaoVault],
    adopt: true,
  }),
  estateKind('linux × ssh-key, openbao, a first adoption', {
    targets: linuxKey(1, { keyOptions: '' }),
    vaults: [startOpenBaoVault],
    adopt: true,
  }),
];
