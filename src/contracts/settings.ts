import { z } from 'zod';

/** A setting that names a file, relative to relock.yaml's folder. A configuration with one that cannot be read is refused. */
export function readableFile(description: string) {
  return z.string().min(1).describe(description).meta({ readableFile: true });
}
