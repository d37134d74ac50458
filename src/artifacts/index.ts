// Generated from the folders here by `npm run generate`; do not edit.
import type { ArtifactType } from '../contracts/registration.js';
import { artifactType as folder } from './folder/driver.js';

export const artifactTypes: readonly ArtifactType[] = [folder];
