import type { CommandContext, Register } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { UsageError } from '../failures.js';

interface Options {
  readonly zone?: string;
  readonly logLevel: string;
}

export const register: Register = (program, cli) => {
  program
    .command('worker')
    .description('carry out what workflows ask for, until SIGINT or SIGTERM')
    .option('--zone <zone>', 'serve the targets of this zone; without it: workflows, vaults and targets without a zone')
    .option('--log-level <level>', 'trace, debug, info, warn or error', 'info')
    .action(cli.action((context, options: Options) => work(context, options)));
};

async function work(context: CommandContext, options: Options): Promise<Outcome> {
  const estate = await context.estate();
  const zone = options.zone ?? null;
  const { createRelockWorker, runWorkers, zonesOf } = await import('../../worker.js');
  const { connectRelockWorker } = await import('../temporal/connectWorker.js');
  const { startLog } = await import('../temporal/log.js');
  if (zone !== null && !zonesOf(estate).includes(zone))
    throw new UsageError(
      `no target in relock.yaml has the zone "${zone}"; nothing was started. Its zones: ${zonesOf(estate).join(', ')}`,
    );
  startLog(options.logLevel);
  const { connection, place } = await connectRelockWorker(context);
  try {
    const worker = await createRelockWorker(estate, { zone, connection, namespace: place.namespace });
    context.out.note(`working on "${worker.options.taskQueue}" at ${place.address}, namespace ${place.namespace}`);
    await runWorkers([worker], context.signal);
    return 'done';
  } finally {
    await connection.close();
  }
}
