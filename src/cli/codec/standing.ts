import { connectClient } from '../../client.js';
import type { KeyRing } from '../../codec/keyRing.js';
import { type KeysInUse, keysInUse } from '../../codec/keysInUse.js';
import { mainTaskQueue, taskQueueOf } from '../../workflows/taskQueues.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../failures.js';
import { noServer, temporalPlace } from '../temporal/connect.js';
import { workersKeys } from '../temporal/pollers.js';

/** How the keys of this ring stand with those who use them. */
export interface KeyStanding {
  readonly name: string;
  readonly encrypts: boolean;
  /** Workers that have it, of those that say so. */
  readonly workers: number;
  /** Workflows and schedules that cannot be read without it. */
  readonly neededBy: number;
}

export interface Standing {
  readonly keys: readonly KeyStanding[];
  /** Workers that run. */
  readonly workers: number;
  /** Keys that are needed and that nobody here has. */
  readonly missing: readonly string[];
}

/** Asks Temporal. It needs no key for that; a ring that is behind everybody else's is what one may have to look at. */
export async function keyStanding(context: CommandContext, ring: KeyRing): Promise<Standing> {
  const place = temporalPlace(context);
  const connected = await connectClient(place).catch(() => null);
  if (connected === null) throw new CommandError(noServer(place));
  try {
    const zones = [...new Set([...(await context.estate()).targets.values()].map(({ zone }) => zone))];
    const queues = zones.flatMap((zone) => (zone === null ? [] : [taskQueueOf(zone)]));
    const { client } = connected;
    const asked = queues.map((queue) => workersKeys(client, queue, 'activities'));
    const rings = (await Promise.all([workersKeys(client, mainTaskQueue), ...asked])).flat();
    return standingOf(ring, rings, await keysInUse(client));
  } finally {
    await connected.close();
  }
}

function standingOf(ring: KeyRing, rings: readonly (readonly string[])[], needed: KeysInUse): Standing {
  const keys = ring.names.map((name) => ({
    name,
    encrypts: name === ring.newest,
    workers: rings.filter((names) => names.includes(name)).length,
    neededBy: needed.get(name) ?? 0,
  }));
  const missing = [...needed.keys()].filter((name) => !ring.names.includes(name));
  return { keys, workers: rings.length, missing };
}
