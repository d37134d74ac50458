import { FolderStore } from '../../src/artifacts/folder/folderStore.js';
import type { CredentialEntry, Estate, TargetEntry, Timing } from '../../src/config/estate.js';
import type { TargetDriver } from '../../src/contracts/targetDriver.js';
import type { VaultBackend } from '../../src/contracts/vaultBackend.js';
import {
  account,
  type LoadCredential,
  type LoadDevice,
  type LoadSpec,
  loadCredentials,
  managementPath,
  places,
  vendor,
} from './loadSpec.js';

/** Short, so that a call which hangs or an effect that is unknown does not make the run. */
const impatient: Timing = {
  effectMs: 4_000,
  probeAgainMs: 200,
  settleDeadlineMs: 8_000,
  stragglerMs: 5_000,
  soakMs: 0,
  callMs: 1_500,
  probeMs: 1_000,
};

/** Where nothing fails by itself, a busy machine must not make it look so. */
const patient: Timing = {
  ...impatient,
  effectMs: 15_000,
  settleDeadlineMs: 60_000,
  stragglerMs: 60_000,
  callMs: 15_000,
  probeMs: 15_000,
};

/** What relock.yaml would say, with the drivers that are given. */
export function loadEstate(
  { folder, credentials, faultPercent }: LoadSpec,
  drivers: { readonly vault: VaultBackend; readonly target: (device: LoadDevice) => TargetDriver },
): Estate {
  const all = loadCredentials(credentials);
  const devices = all.flatMap((one) => one.devices);
  return {
    file: `${folder}/relock.yaml`,
    credentials: new Map(all.map((one) => [one.id, entryOf(one)])),
    targets: new Map(devices.map((device) => [device.id, targetOf(device, drivers.target(device))])),
    vaults: new Map([['primary', drivers.vault]]),
    artifacts: new FolderStore(places.evidence(folder)),
    approvals: null,
    codecKeyFile: places.keys(folder),
    opaqueIdsFile: null,
    waves: { canary: 5, size: 200, haltAtFailedPercent: 10, inFlight: 96 },
    timing: faultPercent === 0 ? patient : impatient,
  };
}

function entryOf({ id, number, devices }: LoadCredential): CredentialEntry {
  return {
    id,
    vendor,
    kind: 'password',
    account,
    targets: devices.map((device) => device.id),
    copies: [{ vault: 'primary', path: id }],
    everyDays: null,
    adopt: false,
    keyType: null,
    usernameDiffers: false,
    owner: null,
    provenance: `relock.yaml:${number}`,
    descriptorDigest: `${number}`.padStart(64, '0'),
  };
}

function targetOf({ id, capabilities }: LoadDevice, driver: TargetDriver): TargetEntry {
  return {
    type: 'memory',
    zone: null,
    management: { account: 'root', secret: { vault: 'primary', path: managementPath } },
    bound: {
      id,
      host: id,
      realm: id,
      kinds: ['password'],
      capabilities: () => capabilities,
      accountProblem: () => null,
      driver: () => driver,
    },
  };
}
