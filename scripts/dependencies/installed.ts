import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const lockfile = z.object({
  packages: z.record(z.string(), z.object({ dev: z.boolean().optional(), link: z.boolean().optional() })),
});
const manifest = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().optional(),
  /** As packages of before SPDX say it. */
  licenses: z.array(z.object({ type: z.string() })).optional(),
});

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, by the package's own word; null: it says none. */
  readonly licence: string | null;
}

/** What users of relock get with it on this platform: everything in the lock file that is installed and not for development only. */
export function installedForProduction(root: string): readonly InstalledPackage[] {
  const { packages } = lockfile.parse(readJson(join(root, 'package-lock.json')));
  return Object.entries(packages)
    .filter(([path, { dev, link }]) => path !== '' && dev !== true && link !== true)
    .map(([path]) => join(root, path, 'package.json'))
    .filter((file) => existsSync(file))
    .map((file) => {
      const { name, version, license, licenses = [] } = manifest.parse(readJson(file));
      const older = licenses.map(({ type }) => type).join(' OR ');
      return { name, version, licence: license ?? (older === '' ? null : older) };
    });
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
