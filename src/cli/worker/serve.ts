import type { NativeConnection, Worker } from '@temporalio/worker';
import type { Estate } from '../../config/estate.js';
import { type HealthServer, startHealthServer } from '../../health/healthServer.js';
import { aliveOf, readyOf } from '../../health/workerHealth.js';
import type { RelockMetrics } from '../../metrics/relockMetrics.js';
import { watch } from '../../metrics/watch.js';
import { runWorkers } from '../../worker.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';
import { connectTemporal } from '../temporal/connect.js';

/** `host:port`, both given. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface Serving {
  readonly estate: Estate;
  readonly worker: Worker;
  readonly connection: NativeConnection;
  readonly metrics: RelockMetrics;
  /** Where `/healthz`, `/readyz` and `/metrics` are served; null: nowhere. */
  readonly health: ListenAddress | null;
  /** Where the Temporal SDK shows its own metrics, on this host; null: nowhere. */
  readonly sdkMetrics: string | null;
  /** This worker also looks after schedules and open records; one of a zone does not. */
  readonly watches: boolean;
}

/** Runs the worker until the command's signal, and says meanwhile how it is. Ends when what was under way has ended. */
export async function serve(context: CommandContext, serving: Serving): Promise<void> {
  const server = await healthServer(serving);
  const over = new AbortController();
  const watching = server === null || !serving.watches ? null : watchUntil(context, serving, over.signal);
  try {
    await runWorkers([serving.worker], context.signal);
  } finally {
    over.abort();
    await watching;
    await server?.close();
  }
}

async function healthServer({
  worker,
  connection,
  metrics,
  health,
  sdkMetrics,
}: Serving): Promise<HealthServer | null> {
  if (health === null) return null;
  const { host, port } = health;
  const sources = {
    alive: () => aliveOf(worker),
    ready: () => readyOf(worker, connection),
    metrics: async () => `${await metrics.registry.metrics()}${await sdkText(sdkMetrics)}`,
  };
  try {
    return await startHealthServer(host, port, sources);
  } catch {
    throw new CommandError(
      `nothing can listen at ${host}:${port} (--health); no worker was started. Choose an address of this host that is free`,
    );
  }
}

const sdkMs = 2_000;

/** What relock counts is shown also when the SDK does not answer. */
async function sdkText(address: string | null): Promise<string> {
  if (address === null) return '';
  const answer = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(sdkMs) }).catch(() => null);
  return answer?.ok === true ? answer.text() : '';
}

async function watchUntil(context: CommandContext, { estate, metrics }: Serving, signal: AbortSignal): Promise<void> {
  const { client, ids, close } = await connectTemporal(context, 'worker');
  try {
    await watch({ estate, client, ids, metrics, now: context.now }, signal);
  } finally {
    await close();
  }
}
