import { resolve } from 'node:path';
import { z } from 'zod';
import type { ArtifactType } from '../../contracts/registration.js';
import { FolderStore } from './folderStore.js';

const settings = z.strictObject({
  path: z.string().min(1).describe('made when something is first put there'),
});

/** Plans, results and evidence as files on this host. */
export const artifactType: ArtifactType<typeof settings> = {
  name: 'folder',
  settings,
  example: { path: './evidence' },
  create: ({ path }, { baseDirectory }) => new FolderStore(resolve(baseDirectory, path)),
  singleHost: true,
};
