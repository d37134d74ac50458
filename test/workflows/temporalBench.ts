import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, type Worker } from '@temporalio/worker';
import { pino } from 'pino';
import type { Estate } from '../../src/config/estate.js';
import { installTemporalLog } from '../../src/temporalLog.js';
import { createRelockWorker } from '../../src/worker.js';
import { workflowsPath } from '../../src/workflows/bundle/source.js';
import { type RotateCredentialInput, rotationWorkflowId } from '../../src/workflows/messages.js';
import type { rotateCredential } from '../../src/workflows/rotateCredential.js';
import { mainTaskQueue } from '../../src/workflows/taskQueues.js';

export interface RunningWorker {
  readonly worker: Worker;
  /** Ends it in good order. */
  stop(): Promise<void>;
}

export interface TemporalBench {
  readonly client: Client;
  readonly namespace: string;
  startWorker(estate: Estate, zone?: string | null): Promise<RunningWorker>;
  close(): Promise<void>;
}

let bundled: Promise<{ code: string }> | undefined;

/** What the tests of workflows need of a Temporal server. */
export async function temporalBench(address: string, namespace: string): Promise<TemporalBench> {
  installTemporalLog(
    pino({ level: process.env.RELOCK_TEST_LOG ?? 'error' }, pino.destination({ dest: 2, sync: true })),
  );
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const client = new Client({ connection, namespace });
  const workers: RunningWorker[] = [];
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error };
  return {
    client,
    namespace,
    async startWorker(estate, zone = null) {
      bundled ??= bundleWorkflowCode({ workflowsPath, logger: quiet });
      const workflowBundle = await bundled;
      const worker = await createRelockWorker(estate, { zone, connection: native, namespace, workflowBundle });
      const run = worker.run();
      const stop = async () => {
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await run;
      };
      const running = { worker, stop };
      workers.push(running);
      return running;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await native.close();
      await connection.close();
    },
  };
}

export function startRotation(
  client: Client,
  input: RotateCredentialInput,
): Promise<WorkflowHandle<typeof rotateCredential>> {
  return client.workflow.start<typeof rotateCredential>('rotateCredential', {
    workflowId: rotationWorkflowId(input.order.plan.credential),
    taskQueue: mainTaskQueue,
    workflowIdConflictPolicy: 'FAIL',
    args: [input],
  });
}
