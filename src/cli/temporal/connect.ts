import { type ConnectedClient, connectClient, type TemporalPlace, temporalFromEnvironment } from '../../client.js';
import { encryptingConverter } from '../../codec/dataConverter.js';
import type { KeyRing } from '../../codec/keyRing.js';
import { workflowIdsOf } from '../../codec/opaqueIds.js';
import { configFingerprint } from '../../config/fingerprint.js';
import type { WorkflowIds } from '../../model/workflowIds.js';
import { mainTaskQueue } from '../../workflows/taskQueues.js';
import type { CommandContext } from '../command.js';
import { CommandError, UsageError } from '../failures.js';
import { keyRingOf, noKeyRing } from './keyRing.js';
import { configsOf, idsOf, keysOf, workersOf } from './pollers.js';

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

/** Temporal, and how relock's workflows are called there. */
export interface RelockTemporal extends ConnectedClient {
  readonly ids: WorkflowIds;
}

/**
 * A client that encrypts, or a failure that says what to do. `as`: a worker does not ask those that ran before it, which may
 * have ended just now to be started with other keys.
 */
export async function connectTemporal(
  context: CommandContext,
  as: 'command' | 'worker' = 'command',
): Promise<RelockTemporal> {
  const place = temporalPlace(context);
  const estate = await context.estate();
  const ids = workflowIdsOf(estate);
  const ring = await keyRingOf(context);
  const connected = await connectClient(place, ring === 'missing' ? {} : encryptingConverter(ring)).catch(() => null);
  if (connected === null) throw new CommandError(noServer(place));
  try {
    if (ring === 'missing') throw await noKeyRing(context);
    if (as === 'command') {
      const workers = await workersOf(connected.client, mainTaskQueue).catch(() => []);
      workersMustHaveKey(workers, ring);
      workersMustCallAlike(workers, ids);
      tellOtherConfig(workers, estate.file, context);
    }
    return { ...connected, ids };
  } catch (error) {
    await connected.close();
    throw error;
  }
}

/** What a worker cannot decrypt it can only leave alone, and nobody would hear why. */
function workersMustHaveKey(workers: readonly string[], ring: KeyRing): void {
  const rings = keysOf(workers);
  if (rings.length === 0 || rings.some((names) => names.includes(ring.newest))) return;
  throw new CommandError(
    `the workers have other keys (${rings.flat().join(', ')}) than this command would encrypt with ("${ring.newest}"); nothing was sent. Use their key ring: codec.keyFile in relock.yaml, or RELOCK_CODEC_KEY_FILE`,
    'badInput',
  );
}

/** What a worker calls otherwise it would not find, or do a second time. */
function workersMustCallAlike(workers: readonly string[], { fingerprint }: WorkflowIds): void {
  const found = idsOf(workers);
  if (found.length === 0 || found.includes(fingerprint)) return;
  throw new CommandError(
    'the workers make ids in Temporal otherwise than this command would: with another key, or one of both without any; nothing was sent. Use their relock.yaml (codec.opaqueIds) and their key of ids. A worker that has ended counts for a minute and a half',
    'badInput',
  );
}

/** Workers read relock.yaml when they start: what is planned and done goes by theirs. One of several may be new already. */
function tellOtherConfig(workers: readonly string[], file: string, { out }: CommandContext): void {
  const own = configFingerprint(file);
  const theirs = configsOf(workers);
  if (own === null || theirs.length === 0 || theirs.includes(own)) return;
  out.note(
    `the workers were started with another relock.yaml than ${file} is now, and plan and rotate by theirs: after a change start \`relock dev\` or \`relock worker\` again. A worker that has ended counts for a minute and a half`,
  );
}

export function noServer({ address, namespace }: TemporalPlace): string {
  return `no Temporal server answered at ${address} (namespace ${namespace}); nothing was touched. Start one with \`relock dev\`, or set TEMPORAL_ADDRESS (and TEMPORAL_NAMESPACE) to yours`;
}
