import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { EncryptingCodec } from './encryptingCodec.js';
import type { KeyRing } from './keyRing.js';

export const failureConverterPath = fileURLToPath(new URL('./failureConverter.js', import.meta.url));

/** How clients and workers write to Temporal: everything encrypted. */
export function encryptingConverter(ring: KeyRing): DataConverter {
  return { payloadCodecs: [new EncryptingCodec(ring)], failureConverterPath };
}
