import { join } from 'node:path';
import { connectClient, temporalAt } from '../../src/client.js';
import { encryptingConverter } from '../../src/codec/dataConverter.js';
import { readKeyFile } from '../../src/codec/keyFile.js';
import type { Estate } from '../../src/config/estate.js';
import type { FailurePolicy } from '../../src/model/policy.js';
import { rotationInput } from '../workflows/rotationInput.js';
import { startRotation } from '../workflows/temporalBench.js';

/** As `relock rotate` does for each, without waiting. */
export async function startRotations(
  folder: string,
  environment: Readonly<Record<string, string>>,
  estate: Estate,
  rotations: readonly { readonly name: string; readonly policy: FailurePolicy }[],
): Promise<void> {
  const ring = readKeyFile(join(folder, '.relock', 'codec.keys'));
  if (ring === 'missing') throw new Error('relock dev made no key ring');
  const { client, close } = await connectClient(
    temporalAt(environment.TEMPORAL_ADDRESS ?? ''),
    encryptingConverter(ring),
  );
  try {
    for (const { name, policy } of rotations)
      await startRotation(client, rotationInput(estate, `itron/${name}`, { policy }));
  } finally {
    await close();
  }
}
