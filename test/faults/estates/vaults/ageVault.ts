import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ageFolder } from '../../tools/age.js';
import { mishaps } from '../mishaps.js';
import type { StartVault } from './stockVault.js';

/** A folder of age files in relock's own folder, read and written by `age`. No line leads to it. */
export const startAgeVault: StartVault = async ({ id, folder }) => {
  const [place, key] = [join(folder, id), join(folder, `${id}.key`)];
  const files = await ageFolder(place, key);
  await files.create();
  const own = (path: string) => `.relock/documents/${path}`;
  return {
    settings: { driver: 'file', path: `./${id}`, identityFile: `./${id}.key` },
    environment: {},
    plant: async (path, fields) => {
      await files.remove(own(path));
      await (fields === null ? files.remove(path) : files.write(path, fields));
    },
    read: files.read,
    readOwn: (path) => files.read(own(path)),
    write: files.write,
    ...mishaps({
      [`unmount ${id}`]: async () => {
        await rename(place, `${place}.unmounted`);
        return async () => {
          await rm(place, { recursive: true, force: true });
          await rename(`${place}.unmounted`, place);
        };
      },
      [`take the key of ${id}`]: async () => {
        await rename(key, `${key}.taken`);
        return () => rename(`${key}.taken`, key);
      },
    }),
    stop: async () => undefined,
  };
};
