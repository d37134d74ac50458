import type { ArtifactStore } from '../contracts/artifactStore.js';
import type { ArtifactType } from '../contracts/registration.js';
import { driverSettings } from './driverSettings.js';
import type { Loading } from './loading.js';
import { namedDriver } from './vaults.js';

export interface LoadedArtifacts {
  readonly type: ArtifactType;
  readonly create: () => ArtifactStore;
}

export function loadArtifacts(entry: unknown, loading: Loading): LoadedArtifacts | null {
  const part = { path: ['artifacts'], title: 'artifacts' };
  const named = namedDriver(entry, part, loading, loading.registries.artifacts, (type) => [type.name]);
  if (named === null) return null;
  const accepted = driverSettings(named.type.settings, named.entry, ['driver'], part, loading);
  if (accepted === null) return null;
  return { type: named.type, create: () => named.type.create(accepted.settings, loading.environment) };
}
