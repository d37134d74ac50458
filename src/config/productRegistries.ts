import { artifactTypes } from '../artifacts/index.js';
import { targetTypes } from '../targets/index.js';
import { vaultTypes } from '../vaults/index.js';
import type { Registries } from './registries.js';

/** The drivers that the product has; the lists are generated from their folders. */
export const productRegistries: Registries = { targets: targetTypes, vaults: vaultTypes, artifacts: artifactTypes };
