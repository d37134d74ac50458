import { seeded } from '../harness/seeded.js';
import type { Operator } from './operator.js';
import type { Progress } from './progress.js';
import type { Stage } from './stage.js';

export interface Disturbance {
  readonly credentials: number;
  readonly seed: number;
  readonly kills: number;
  readonly pauses: number;
}

const pausedMs = { least: 500, most: 4_000 };

/**
 * Kills and pauses, each when so many have ended. The worker is killed in the first part only: what its memory does is seen
 * in the long life after that. Each kind goes its own way, so a kill may fall into a pause or into another's kill.
 */
export async function disturb(
  { worker, temporal, opener }: Stage,
  operator: Operator,
  progress: Progress,
  { credentials, seed, kills, pauses }: Disturbance,
): Promise<void> {
  const random = seeded(seed);
  const moments = (count: number, until: number) =>
    Array.from({ length: count }, () => Math.ceil(random() * until * credentials)).sort((one, other) => one - other);
  const at = async (all: readonly number[], act: () => Promise<void>) => {
    for (const many of all) if (await progress.reaches(many)) await act();
  };
  const pauseMs = () => pausedMs.least + random() * (pausedMs.most - pausedMs.least);
  await Promise.all([
    at(moments(kills, 0.5), () => worker.killAndStart()),
    at(moments(kills, 0.8), () => temporal.killAndStart()),
    at(moments(kills, 0.8), () => opener.killAndStart()),
    at(moments(pauses, 0.7), () => operator.pauseAndResume(pauseMs())),
  ]);
}
