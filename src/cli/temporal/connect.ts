import { type ConnectedClient, connectClient, type TemporalPlace, temporalFromEnvironment } from '../../client.js';
import type { CommandContext } from '../command.js';
import { CommandError, UsageError } from '../failures.js';

/** Where Temporal is, or exit 2. */
export function temporalPlace({ environment }: CommandContext): TemporalPlace {
  try {
    return temporalFromEnvironment(environment);
  } catch {
    throw new UsageError(
      'the TEMPORAL_* variables, or the profile that they name, cannot be read; nothing was touched. See that TEMPORAL_CONFIG_FILE and TEMPORAL_PROFILE name what is there',
    );
  }
}

/** A client, or a failure that says what to do. */
export async function connectTemporal(context: CommandContext): Promise<ConnectedClient> {
  const place = temporalPlace(context);
  try {
    return await connectClient(place);
  } catch {
    throw new CommandError(noServer(place));
  }
}

export function noServer({ address, namespace }: TemporalPlace): string {
  return `no Temporal server answered at ${address} (namespace ${namespace}); nothing was touched. Start one with \`relock dev\`, or set TEMPORAL_ADDRESS (and TEMPORAL_NAMESPACE) to yours`;
}
