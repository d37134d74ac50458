import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Reason } from '../../model/endStates.js';
import { progressQuery, type RotationResult } from '../../workflows/messages.js';
import type { rotateCredential } from '../../workflows/rotateCredential.js';
import { mainTaskQueue } from '../../workflows/taskQueues.js';
import { hasWorker } from '../temporal/pollers.js';

export type Followed =
  | { readonly kind: 'ended'; readonly result: RotationResult }
  | { readonly kind: 'parked'; readonly reason: Reason }
  /** The workflow itself failed or was ended from outside. */
  | { readonly kind: 'broken' }
  | { readonly kind: 'interrupted' };

export interface FollowOptions {
  /** The rotation's. */
  readonly workflowId: string;
  readonly client: Client;
  /** Queues that the rotation's steps wait in. */
  readonly queues: readonly string[];
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
}

const pauseMs = 1_000;

/** Waits until a rotation ends, is parked, or nobody wants to know any more. A server that is away for a while only delays the answer. */
export async function follow(options: FollowOptions): Promise<Followed> {
  const done = new AbortController();
  const signal = AbortSignal.any([options.signal, done.signal]);
  const asking = parked(options, signal);
  try {
    return await Promise.race([ended(options, signal), foundParked(asking), interrupted(options.signal)]);
  } finally {
    done.abort();
    // A question still under way would be asked again on a connection that is closed by then.
    await asking;
  }
}

function interrupted(signal: AbortSignal): Promise<Followed> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve({ kind: 'interrupted' });
    signal.addEventListener('abort', () => resolve({ kind: 'interrupted' }), { once: true });
  });
}

/** Ends only with an answer, or with the signal. */
async function ended({ client, workflowId, note }: FollowOptions, signal: AbortSignal): Promise<Followed> {
  const handle = client.workflow.getHandle<typeof rotateCredential>(workflowId);
  for (let told = false; !signal.aborted; ) {
    try {
      const result = await client.withAbortSignal(signal, () => handle.result());
      return { kind: 'ended', result };
    } catch (error) {
      if (error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError) return { kind: 'broken' };
    }
    if (!told && !signal.aborted)
      note(
        'the Temporal server does not answer; still waiting for it. The rotation is safe: it goes on when the server is back',
      );
    told = true;
    await pause(signal);
  }
  return never();
}

/** Only with an answer. */
async function foundParked(asking: Promise<Followed | null>): Promise<Followed> {
  return (await asking) ?? never();
}

/** Asks now and then; says once which queues have nobody who works on them. null: nobody wants to know any more. */
async function parked(options: FollowOptions, signal: AbortSignal): Promise<Followed | null> {
  const { client, workflowId } = options;
  const handle = client.workflow.getHandle(workflowId);
  const told = new Set<string>();
  for (let looks = 0; !signal.aborted; looks += 1) {
    await pause(signal);
    if (signal.aborted) break;
    if (looks % lookAtQueues === lookAtQueues - 1) await tellAbandoned(options, told);
    const progress = await client
      .withDeadline(Date.now() + queryMs, () => handle.query(progressQuery))
      .catch(() => null);
    if (progress?.parked != null) return { kind: 'parked', reason: progress.parked };
  }
  return null;
}

/** Queues are looked at with every so many looks. */
const lookAtQueues = 3;

/** Without a worker a query would wait for one. */
const queryMs = 2_000;

async function tellAbandoned({ client, queues, note }: FollowOptions, told: Set<string>): Promise<void> {
  for (const queue of queues.filter((each) => !told.has(each))) {
    const of = queue === mainTaskQueue ? 'workflows' : 'activities';
    const alive = await hasWorker(client, queue, of).catch(() => true);
    if (alive) continue;
    told.add(queue);
    const zone = queue === mainTaskQueue ? '' : ` --zone ${queue.slice(mainTaskQueue.length + 1)}`;
    note(`no worker takes tasks from "${queue}": the rotation waits for one. Start it with: relock worker${zone}`);
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(pauseMs, undefined, { signal }).catch(() => undefined);
}

/** Loses every race. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
