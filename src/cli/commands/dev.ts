import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { KeyRing } from '../../codec/keyRing.js';
import type { Estate } from '../../config/estate.js';
import type { WorkflowIds } from '../../model/workflowIds.js';
import type { TemporalDev, TemporalDevOptions } from '../../servers/temporalDev.js';
import type { CommandContext, Register } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError } from '../failures.js';

interface Options {
  readonly port: number;
  readonly uiPort: number;
  readonly data?: string;
  readonly logLevel: string;
}

export const register: Register = (program, cli) => {
  program
    .command('dev')
    .description(
      'a Temporal server with its web UI, and the workers of every zone, in one process, until SIGINT or SIGTERM',
    )
    .option('--port <port>', 'of the Temporal server, on 127.0.0.1', portOf, 7233)
    .option('--ui-port <port>', 'of its web UI, on 127.0.0.1', portOf, 8233)
    .option('--data <folder>', 'what is under way is kept here over restarts (default: .relock beside relock.yaml)')
    .option('--log-level <level>', 'trace, debug, info, warn or error; the server too says more from debug on', 'warn')
    .action(cli.action((context, options: Options) => dev(context, options)));
};

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new InvalidArgumentError('expected a number from 1 to 65535');
}

async function dev(context: CommandContext, options: Options): Promise<Outcome> {
  const estate = await context.estate();
  const { startLog } = await import('../temporal/log.js');
  startLog(options.logLevel);
  const { workflowIdsOf } = await import('../../codec/opaqueIds.js');
  const ids = workflowIdsOf(estate);
  const { ownKeyRing } = await import('../temporal/keyRing.js');
  const ring = await ownKeyRing(context);
  const { startUiCodec } = await import('../../codec/uiCodec.js');
  const data = resolve(options.data ?? join(dirname(context.configFile), '.relock'));
  await mkdir(data, { recursive: true, mode: 0o700 });
  const codec = await startUiCodec(ring, options.uiPort, join(data, 'decode.log'));
  try {
    const server = await startServer(context, options, data, codec.endpoint);
    try {
      return await runUntilEnd(context, { estate, ids, server, ring });
    } finally {
      await server.stop();
    }
  } finally {
    await codec.close();
  }
}

async function startServer(
  context: CommandContext,
  options: Options,
  data: string,
  codecEndpoint: string,
): Promise<TemporalDev> {
  const { startTemporalDev } = await import('../../servers/temporalDev.js');
  const files = { dataFile: join(data, 'temporal.db'), logFile: join(data, 'temporal.log') };
  const say = (line: string) => context.out.note(line);
  try {
    const { port, uiPort, logLevel } = options;
    const logging = serverLog(logLevel);
    return await startTemporalDev({ port, uiPort, codecEndpoint, ...files, ...logging, say });
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    throw new CommandError(
      `the Temporal server could not be started on ports ${options.port} and ${options.uiPort}; no worker was started. When they are in use (by another relock dev?), choose others: --port, --ui-port. ${why}`,
    );
  }
}

/** The server knows no trace; what it has to say at info is of no use to those who did not ask. */
function serverLog(level: string): Pick<TemporalDevOptions, 'logLevel'> {
  return level === 'debug' || level === 'trace' ? { logLevel: 'debug' } : {};
}

interface Running {
  readonly estate: Estate;
  readonly ids: WorkflowIds;
  readonly server: TemporalDev;
  readonly ring: KeyRing;
}

async function runUntilEnd(context: CommandContext, { estate, ids, server, ring }: Running): Promise<Outcome> {
  const { Client } = await import('@temporalio/client');
  const { temporalAt } = await import('../../client.js');
  const { connectWorker, createRelockWorker, runWorkers, zonesOf } = await import('../../worker.js');
  const { workingWith } = await import('../../codec/workerIdentity.js');
  const { configFingerprint } = await import('../../config/fingerprint.js');
  const { requireNoOtherIds } = await import('../temporal/otherIds.js');
  const { namespace, ...place } = temporalAt(server.address);
  const connection = await connectWorker({ ...place, namespace });
  try {
    await requireNoOtherIds(new Client({ connection, namespace }), estate, ids);
    const zones = [null, ...zonesOf(estate)];
    const workers = await Promise.all(
      zones.map((zone) =>
        createRelockWorker(estate, {
          zone,
          connection,
          namespace,
          ...workingWith(ring, ids, configFingerprint(estate.file)),
        }),
      ),
    );
    context.out.note(
      `Temporal: ${server.address}   web UI: ${server.uiAddress ?? 'none'}   workers: ${workers.map(({ options: { taskQueue } }) => taskQueue).join(', ')}`,
    );
    context.out.note('ready; Ctrl-C ends it, and the same command goes on with what was under way');
    const crash = new AbortController();
    void server.ended.then(() => crash.abort());
    await runWorkers(workers, AbortSignal.any([context.signal, crash.signal]));
    if (!context.signal.aborted)
      throw new CommandError(
        'the Temporal server ended by itself; what was under way is kept. Run the same command again; its log, temporal.log in the data folder, says why',
      );
    return 'done';
  } finally {
    await connection.close();
  }
}
