import type { NativeConnection, Worker } from '@temporalio/worker';
import type { Health } from './healthServer.js';

/** A server that does not answer within this is silent. */
const serverMs = 2_000;

/** A worker that failed does not come back by itself. */
export function aliveOf(worker: Worker): Health {
  const runState = worker.getState();
  return { ok: runState !== 'FAILED', details: { runState } };
}

/** Whether this worker takes work: it runs, its pollers poll, and Temporal answers. */
export async function readyOf(worker: Worker, connection: NativeConnection): Promise<Health> {
  const { runState, workflowPollerState, activityPollerState, numInFlightActivities } = worker.getStatus();
  const takesWorkflows = worker.options.workflowBundle !== undefined || worker.options.workflowsPath !== undefined;
  const polls = activityPollerState === 'POLLING' && (!takesWorkflows || workflowPollerState === 'POLLING');
  const temporal = (await answers(connection)) ? 'answers' : 'silent';
  return {
    ok: runState === 'RUNNING' && polls && temporal === 'answers',
    details: {
      runState,
      workflowPollerState,
      activityPollerState,
      temporal,
      activitiesUnderWay: numInFlightActivities,
    },
  };
}

async function answers(connection: NativeConnection): Promise<boolean> {
  try {
    await connection.withDeadline(Date.now() + serverMs, () => connection.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  }
}
