import type { NativeConnection } from '@temporalio/worker';
import type { TemporalPlace } from '../../client.js';
import { connectWorker } from '../../worker.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';
import { noServer, temporalPlace } from './connect.js';

/** A worker's connection, or a failure that says what to do. */
export async function connectRelockWorker(
  context: CommandContext,
): Promise<{ connection: NativeConnection; place: TemporalPlace }> {
  const place = temporalPlace(context);
  try {
    return { connection: await connectWorker(place), place };
  } catch {
    throw new CommandError(noServer(place));
  }
}
