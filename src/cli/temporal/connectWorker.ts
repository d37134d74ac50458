import type { NativeConnection } from '@temporalio/worker';
import type { TemporalPlace } from '../../client.js';
import { workingWith } from '../../codec/workerIdentity.js';
import { connectWorker } from '../../worker.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';
import { noServer, temporalPlace } from './connect.js';
import { requiredKeyRing } from './keyRing.js';

/** A worker's connection and what it encrypts with, or a failure that says what to do. */
export async function connectRelockWorker(context: CommandContext): Promise<{
  readonly connection: NativeConnection;
  readonly place: TemporalPlace;
  readonly sealing: ReturnType<typeof workingWith>;
}> {
  const place = temporalPlace(context);
  const connection = await connectWorker(place).catch(() => null);
  if (connection === null) throw new CommandError(noServer(place));
  try {
    return { connection, place, sealing: workingWith(await requiredKeyRing(context)) };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
