import { InvalidArgumentError } from 'commander';
import type { DeploymentVersion } from '../../worker.js';
import type { CommandContext, Register } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { UsageError } from '../failures.js';
import type { ListenAddress } from '../worker/serve.js';

interface Options {
  readonly zone?: string;
  readonly logLevel: string;
  readonly health?: ListenAddress;
  readonly deployment?: string;
  readonly buildId?: string;
}

export const register: Register = (program, cli) => {
  program
    .command('worker')
    .description('carry out what workflows ask for, until SIGINT or SIGTERM')
    .option('--zone <zone>', 'serve the targets of this zone; without it: workflows, vaults and targets without a zone')
    .option('--health <host:port>', 'serve /healthz, /readyz and /metrics there, without a login', listenAddress)
    .option('--deployment <name>', 'be a version of this Temporal worker deployment; needs --build-id')
    .option('--build-id <id>', 'which version: the same for all workers of one release, such as a commit')
    .option('--log-level <level>', 'trace, debug, info, warn or error', 'info')
    .action(cli.action((context, options: Options) => work(context, options)));
};

function listenAddress(text: string): ListenAddress {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === '' || Number(port) > 65_535)
    throw new InvalidArgumentError('expected host:port, such as 127.0.0.1:9464');
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

async function work(context: CommandContext, options: Options): Promise<Outcome> {
  const estate = await context.estate();
  const zone = options.zone ?? null;
  const deployment = deploymentOf(options);
  const { createRelockWorker, zonesOf } = await import('../../worker.js');
  const { connectRelockWorker } = await import('../temporal/connectWorker.js');
  const { startLog } = await import('../temporal/log.js');
  const { serve } = await import('../worker/serve.js');
  const { RelockMetrics } = await import('../../metrics/relockMetrics.js');
  requireZone(zonesOf(estate), zone);
  const health = options.health ?? null;
  const sdkMetrics = health === null ? null : await localAddress();
  const log = startLog(options.logLevel, sdkMetrics ?? undefined);
  const { connection, place, sealing } = await connectRelockWorker(context);
  try {
    const metrics = new RelockMetrics();
    const { namespace } = place;
    const worker = await createRelockWorker(estate, { zone, connection, namespace, metrics, deployment, ...sealing });
    const { taskQueue } = worker.options;
    context.out.note(`working on "${taskQueue}" at ${place.address}, namespace ${namespace}`);
    log.info({ taskQueue, namespace, ...deployment, health: options.health }, 'worker started');
    context.signal.addEventListener('abort', () => log.info({ taskQueue }, 'worker drains'), { once: true });
    await serve(context, { estate, worker, connection, metrics, health, sdkMetrics, watches: zone === null });
    log.info({ taskQueue }, 'worker ended');
    return 'done';
  } finally {
    await connection.close();
  }
}

function deploymentOf({ deployment, buildId }: Options): DeploymentVersion | null {
  if (deployment === undefined && buildId === undefined) return null;
  if (deployment !== undefined && buildId !== undefined) return { deploymentName: deployment, buildId };
  throw new UsageError('--deployment and --build-id belong together; nothing was started. Give both, or neither');
}

function requireZone(zones: readonly string[], zone: string | null): void {
  if (zone === null || zones.includes(zone)) return;
  throw new UsageError(
    `no target in relock.yaml has the zone "${zone}"; nothing was started. Its zones: ${zones.join(', ')}`,
  );
}

async function localAddress(): Promise<string> {
  const { freePort } = await import('../../servers/freePort.js');
  return `127.0.0.1:${await freePort()}`;
}
