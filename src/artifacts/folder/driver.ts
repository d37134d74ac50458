import { resolve } from 'node:path';
import { z } from 'zod';
import type { ArtifactType } from '../../contracts/registration.js';
import { FolderStore } from './folderStore.js';

const settings = z.strictObject({
  /** Made when something is first put there. */
  path: z.string().min(1),
});

/** Plans, results and evidence as files on this host. */
export const artifactType: ArtifactType<typeof settings> = {
  name: 'folder',
  settings,
  create: ({ path }, { baseDirectory }) => new FolderStore(resolve(baseDirectory, path)),
  singleHost: true,
};
