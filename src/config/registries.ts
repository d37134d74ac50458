import type { ArtifactType, TargetType, VaultType } from '../contracts/registration.js';

/** Every driver that relock.yaml may name. */
export interface Registries {
  readonly targets: readonly TargetType[];
  readonly vaults: readonly VaultType[];
  readonly artifacts: readonly ArtifactType[];
}
