import { setTimeout as delay } from 'node:timers/promises';
import { incidentWorkflowId } from '../../src/model/workflowIds.js';
import { disturb } from './disturb.js';
import { incidentKey, places, vendor } from './loadSpec.js';
import { type Findings, look } from './look.js';
import { Operator } from './operator.js';
import { Progress } from './progress.js';
import { buildStage, type Stage } from './stage.js';

export interface LoadOptions {
  readonly credentials: number;
  readonly seed: number;
  readonly faultPercent: number;
  /** Of each of the three processes. */
  readonly kills: number;
  readonly pauses: number;
  /** Logs and evidence stay. */
  readonly keep: boolean;
  readonly say: (line: string) => void;
}

export interface LoadResult extends Findings {
  readonly credentials: number;
  readonly seed: number;
  readonly faultPercent: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly kills: Readonly<Record<string, number>>;
  /** Ends of processes that nobody asked for. */
  readonly crashes: Readonly<Record<string, number>>;
  readonly pauses: number;
  readonly resumesAfterHalt: number;
  readonly memory: readonly MemoryOfTenth[];
}

/** Highest resident memory in MiB while one tenth of the rotations ended, as it was seen every half second. */
export interface MemoryOfTenth {
  readonly worker: number;
  readonly temporal: number;
}

const incident = incidentWorkflowId(vendor, incidentKey);
const sampleEveryMs = 500;
const sayEveryMs = 15_000;

/** One incident under load: opened, disturbed, finished, and then looked at from outside. All that it started has ended when it returns. */
export async function loadRun(options: LoadOptions): Promise<LoadResult> {
  const stage = await buildStage(options);
  try {
    options.say(`running in ${stage.folder}`);
    return await runOn(stage, options);
  } finally {
    await stage.stop(options.keep);
  }
}

async function runOn(stage: Stage, options: LoadOptions): Promise<LoadResult> {
  const { temporal, worker, opener, folder, client } = stage;
  const operator = new Operator(client, incident);
  const progress = new Progress(places.results(folder, incident), () => operator.isOver);
  const startedAt = Date.now();
  await opener.start();
  const memory = watchMemory(stage, operator, progress, options);
  await Promise.all([operator.watch().then(() => opener.release()), disturb(stage, operator, progress, options)]);
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  const { credentials, seed, faultPercent } = options;
  return {
    ...{ credentials, seed, faultPercent, seconds },
    perSecond: Number((credentials / seconds).toFixed(2)),
    ...(await look(stage, incident)),
    kills: { worker: worker.kills, temporal: temporal.kills, opener: opener.kills },
    crashes: { worker: worker.crashes, temporal: temporal.crashes, opener: opener.crashes },
    pauses: operator.pauses,
    resumesAfterHalt: operator.resumesAfterHalt,
    memory: await memory,
  };
}

async function watchMemory(
  { worker, temporal }: Stage,
  operator: Operator,
  progress: Progress,
  { credentials, say }: LoadOptions,
): Promise<readonly MemoryOfTenth[]> {
  const tenths: MemoryOfTenth[] = [];
  for (let saidAt = 0; !operator.isOver; await delay(sampleEveryMs)) {
    const ended = progress.ended();
    const tenth = Math.min(9, Math.floor((10 * ended) / credentials));
    const before = tenths[tenth] ?? { worker: 0, temporal: 0 };
    const now = {
      worker: Math.max(before.worker, worker.residentMb()),
      temporal: Math.max(before.temporal, temporal.residentMb()),
    };
    tenths[tenth] = now;
    if (Date.now() - saidAt < sayEveryMs) continue;
    saidAt = Date.now();
    say(`${ended} ended, ${operator.state ?? 'not seen yet'}; MiB: worker ${now.worker}, Temporal ${now.temporal}`);
  }
  return tenths;
}
