import type { DataConverter } from '@temporalio/common';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { activityBoundary } from './activities/boundary.js';
import { createActivities } from './activities/createActivities.js';
import type { TemporalPlace } from './client.js';
import { workflowIdsOf } from './codec/opaqueIds.js';
import type { Estate } from './config/estate.js';
import { configInventory } from './inventory/config/inventory.js';
import { meteredEstate } from './metrics/meteredEstate.js';
import { RelockMetrics } from './metrics/relockMetrics.js';
import { workflowSource } from './workflows/bundle/source.js';
import { taskQueueOf } from './workflows/taskQueues.js';

export interface RelockWorkerOptions {
  /** null: workflows, vault steps and targets without a zone; else the targets of that zone only. */
  readonly zone: string | null;
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly dataConverter?: DataConverter;
  /** How Temporal shows this worker; by default the SDK's name for it. */
  readonly identity?: string;
  /** The workflows' code where it is bundled already. */
  readonly workflowBundle?: WorkerOptions['workflowBundle'];
  /** What is counted. Default: counted, and shown to nobody. */
  readonly metrics?: RelockMetrics;
  /** null or absent: workers are not versioned. */
  readonly deployment?: DeploymentVersion | null;
}

/** The version of relock that a worker is, as Temporal routes by it: `relock`, a commit. */
export interface DeploymentVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** Device calls wait more than they compute; each holds a vault read or two and a connection. Per-host limits are the transport's. */
const maxConcurrentActivityTaskExecutions = 100;

/** What is under way when a worker is asked to stop may end by itself within this; a driver's call takes seconds. */
const shutdownGraceTime = '20 seconds';

/** Then the process goes; what it left open is found by the next worker. */
const shutdownForceTime = '30 seconds';

/** A worker for one task queue of this estate; `run()` it, and `shutdown()` to end it in good order. Throws `CodecError`. */
export async function createRelockWorker(estate: Estate, options: RelockWorkerOptions): Promise<Worker> {
  const {
    zone,
    connection,
    namespace,
    dataConverter,
    identity,
    workflowBundle,
    metrics = new RelockMetrics(),
  } = options;
  const ids = workflowIdsOf(estate);
  const metered = meteredEstate(estate, metrics);
  return Worker.create({
    connection,
    namespace,
    taskQueue: taskQueueOf(zone),
    ...(dataConverter && { dataConverter }),
    ...(identity && { identity }),
    ...(zone === null ? (workflowBundle ? { workflowBundle } : workflowSource()) : {}),
    activities: createActivities({
      estate: metered,
      inventory: configInventory(estate),
      zone,
      ids,
      probed: (answer) => metrics.probed(answer),
    }),
    sinks: metrics.sinks(),
    ...versioning(options.deployment ?? null),
    interceptors: { activity: [activityBoundary] },
    maxConcurrentActivityTaskExecutions,
    shutdownGraceTime,
    shutdownForceTime,
  });
}

/** Each workflow says itself on which version it goes on (`workflows/index.ts`). */
function versioning(version: DeploymentVersion | null): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (version === null) return {};
  return { workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' } };
}

/** Zones that the estate's targets name, sorted. */
export function zonesOf(estate: Estate): readonly string[] {
  const zones = [...estate.targets.values()].map(({ zone }) => zone).filter((zone) => zone !== null);
  return [...new Set(zones)].sort();
}

/** Throws when no server answers. */
export function connectWorker(place: TemporalPlace): Promise<NativeConnection> {
  return NativeConnection.connect(place.connectionOptions);
}

/**
 * Runs the workers of these zones until the signal comes, then lets what is under way end. When one of them fails, the others
 * are ended too and its error is thrown.
 */
export async function runWorkers(workers: readonly Worker[], signal: AbortSignal): Promise<void> {
  const stop = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const runs = workers.map((worker) => worker.run());
    if (signal.aborted) stop();
    for (const run of runs) run.catch(stop);
    const failed = (await Promise.allSettled(runs)).find((run) => run.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
