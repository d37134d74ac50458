import type { CredentialEntry, Estate } from '../../config/estate.js';
import type { Instant } from '../../model/time.js';
import { type Command, type End, isParked, type WaitReason } from '../../protocol/commands.js';
import { createInterpreter } from '../../protocol/direct.js';
import { type Rotation, type RotationInterpreter, rotate } from '../../protocol/rotate.js';
import { Stopped } from '../directInterpreter.js';
import { resumed } from '../finishRecord.js';
import { type Circumstance, circumstancesOf } from './circumstances.js';
import { Imagined } from './imagined.js';
import type { Sight } from './sight.js';

/** Where it leads when targets answer so. */
export interface Way {
  readonly opens: Circumstance['opens'];
  readonly steps: readonly Command[];
  /** `waits`: recover would stop there, and the record stay open. */
  readonly comes: { readonly end: End } | { readonly waits: WaitReason };
}

/** What recover would do with this record, by the protocol itself, in a world of imagined targets. */
export function foresee(estate: Estate, entry: CredentialEntry, sight: Sight, now: Instant): Promise<readonly Way[]> {
  const from = resumed(estate, entry, sight.record, now);
  const circumstances = circumstancesOf(sight, from.order.plan);
  return Promise.all(circumstances.map((circumstance) => go(from, sight, circumstance, now)));
}

async function go(from: Rotation, sight: Sight, circumstance: Circumstance, start: Instant): Promise<Way> {
  let now = start;
  const world = new Imagined(sight, from.order.plan, circumstance, () => now);
  const inner = createInterpreter({
    verbs: world.verbs(),
    head: 'foresight',
    now: () => now,
    async sleepUntil(until, why) {
      if (isParked(why)) throw new Stopped(why);
      now = Math.max(now + 1, until);
    },
  });
  const steps: Command[] = [];
  const comes = await comeTo(from, { ...inner, execute: remembering(inner, steps) });
  return { opens: circumstance.opens, steps, comes };
}

function remembering({ execute }: RotationInterpreter, steps: Command[]): RotationInterpreter['execute'] {
  return (command, state) => {
    steps.push(command);
    return execute(command, state);
  };
}

async function comeTo(from: Rotation, interpreter: RotationInterpreter): Promise<Way['comes']> {
  try {
    return { end: (await rotate(from, interpreter)).end };
  } catch (error) {
    if (error instanceof Stopped && error.why !== 'interrupted') return { waits: error.why };
    throw error;
  }
}
