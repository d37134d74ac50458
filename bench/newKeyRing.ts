import { makeKeyFile, readKeyFile } from '../src/codec/keyFile.js';
import type { KeyRing } from '../src/codec/keyRing.js';

/** Makes the file: everything in Temporal is encrypted with it, as it is in production. */
export function newKeyRing(file: string): KeyRing {
  makeKeyFile(file, Date.now());
  const ring = readKeyFile(file);
  if (ring === 'missing') throw new Error(`the key ring ${file} was not made`);
  return ring;
}
