import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, type Worker, type WorkerOptions } from '@temporalio/worker';
import { pino } from 'pino';
import { encryptingConverter } from '../../src/codec/dataConverter.js';
import type { KeyRing } from '../../src/codec/keyRing.js';
import { workingWith } from '../../src/codec/workerIdentity.js';
import type { Estate } from '../../src/config/estate.js';
import { installTemporalLog } from '../../src/temporalLog.js';
import { createRelockWorker } from '../../src/worker.js';
import { bundleWorkflows } from '../../src/workflows/bundle/bundle.js';
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

const bundles = new Map<boolean, Promise<{ code: string }>>();

/** What the tests of workflows need of a Temporal server. With a key ring, everything there is encrypted. */
export async function temporalBench(
  address: string,
  namespace: string,
  ring?: KeyRing,
  /** Of the workflows; by default made from their source. */
  ready?: WorkerOptions['workflowBundle'],
): Promise<TemporalBench> {
  installTemporalLog(
    pino({ level: process.env.RELOCK_TEST_LOG ?? 'error' }, pino.destination({ dest: 2, sync: true })),
  );
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const client = new Client({ connection, namespace, ...(ring && { dataConverter: encryptingConverter(ring) }) });
  const workers: RunningWorker[] = [];
  return {
    client,
    namespace,
    async startWorker(estate, zone = null) {
      const workflowBundle = ready ?? (await bundle(ring !== undefined));
      const place = { connection: native, namespace, ...(ring && workingWith(ring)) };
      const worker = await createRelockWorker(estate, { zone, workflowBundle, ...place });
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

/** Once per process; what encrypts needs its failure converter inside. */
function bundle(encrypts: boolean): Promise<{ code: string }> {
  const made = bundles.get(encrypts) ?? bundleWorkflows({ encrypts });
  bundles.set(encrypts, made);
  return made;
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
