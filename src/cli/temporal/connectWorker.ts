import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { TemporalPlace } from '../../client.js';
import { workflowIdsOf } from '../../codec/opaqueIds.js';
import { workingWith } from '../../codec/workerIdentity.js';
import { configFingerprint } from '../../config/fingerprint.js';
import { connectWorker } from '../../worker.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';
import { noServer, temporalPlace } from './connect.js';
import { requiredKeyRing } from './keyRing.js';
import { requireNoOtherIds } from './otherIds.js';

/** A worker's connection and what it encrypts with, or a failure that says what to do. */
export async function connectRelockWorker(context: CommandContext): Promise<{
  readonly connection: NativeConnection;
  readonly place: TemporalPlace;
  readonly sealing: ReturnType<typeof workingWith>;
}> {
  const place = temporalPlace(context);
  const estate = await context.estate();
  const ids = workflowIdsOf(estate);
  const connection = await connectWorker(place).catch(() => null);
  if (connection === null) throw new CommandError(noServer(place));
  try {
    const sealing = workingWith(await requiredKeyRing(context), ids, configFingerprint(estate.file));
    await requireNoOtherIds(new Client({ connection, namespace: place.namespace }), estate, ids);
    return { connection, place, sealing };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
