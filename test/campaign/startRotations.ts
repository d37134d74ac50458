import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { connectClient, temporalAt } from '../../src/client.js';
import { encryptingConverter } from '../../src/codec/dataConverter.js';
import { readKeyFile } from '../../src/codec/keyFile.js';
import type { Estate } from '../../src/config/estate.js';
import type { FailurePolicy } from '../../src/model/policy.js';
import { type RotationResult, rotationWorkflowId } from '../../src/workflows/messages.js';
import type { rotateCredential } from '../../src/workflows/rotateCredential.js';
import { rotationInput } from '../workflows/rotationInput.js';
import { startRotation } from '../workflows/temporalBench.js';

/** One installation of relock: the folder of its relock.yaml and key ring, and where its Temporal is. */
type Environment = Readonly<Record<string, string>>;

async function withClient<Value>(
  folder: string,
  environment: Environment,
  act: (client: Client) => Promise<Value>,
): Promise<Value> {
  const ring = readKeyFile(join(folder, '.relock', 'codec.keys'));
  if (ring === 'missing') throw new Error('relock dev made no key ring');
  const place = temporalAt(environment.TEMPORAL_ADDRESS ?? '');
  const { client, close } = await connectClient(place, encryptingConverter(ring));
  try {
    return await act(client);
  } finally {
    await close();
  }
}

/** As `relock rotate` does for each, without waiting. */
export function startRotations(
  folder: string,
  environment: Environment,
  estate: Estate,
  rotations: readonly { readonly name: string; readonly policy: FailurePolicy }[],
): Promise<void> {
  return withClient(folder, environment, async (client) => {
    for (const { name, policy } of rotations)
      await startRotation(client, rotationInput(estate, `itron/${name}`, { policy }));
  });
}

/** How the latest rotation of each ends, waited for. */
export function endsOf(
  folder: string,
  environment: Environment,
  names: readonly string[],
): Promise<readonly RotationResult[]> {
  return withClient(folder, environment, (client) => Promise.all(names.map((name) => handleOf(client, name).result())));
}

/** Whether an incident was heard by the rotation under way. */
export function isJoined(folder: string, environment: Environment, name: string): Promise<boolean> {
  return withClient(folder, environment, async (client) => {
    const { events } = await handleOf(client, name).fetchHistory();
    return (events ?? []).some(({ workflowExecutionUpdateAcceptedEventAttributes: accepted }) => accepted != null);
  });
}

function handleOf(client: Client, name: string) {
  return client.workflow.getHandle<typeof rotateCredential>(rotationWorkflowId(`itron/${name}`));
}
