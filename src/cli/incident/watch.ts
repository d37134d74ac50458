import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { CodecError } from '../../codec/keyRing.js';
import type { IncidentState } from '../../model/incident.js';
import { mainTaskQueue } from '../../workflows/taskQueues.js';
import type { CommandContext } from '../command.js';
import { hasWorker } from '../temporal/pollers.js';
import { type Moment, momentOf, unknownIncident } from './follow.js';
import type { IncidentRef } from './incidentRef.js';
import { progressLine } from './words.js';

/** Where watching ends: nothing more happens by itself, or only parked rotations are left. */
const lastStates: readonly IncidentState[] = [
  'planned',
  'settling',
  'finished',
  'closed',
  'aborted',
  'denied',
  'failed',
];

export interface Watch {
  /** Called whenever the incident enters a state; for plans to be shown and questions to be asked. */
  entered?(moment: Moment): Promise<void>;
  /** Stop watching as soon as the incident is in one of these. */
  readonly until?: readonly IncidentState[];
  /** It was just opened: until it was seen once, a server that does not know it is only behind. */
  readonly known?: boolean;
}

const pauseMs = 500;
/** A person without a terminal gets a line this often at most, a machine's log stays short. */
const lineEveryMs = 5_000;

/** Follows an incident to its end. A server or worker that is away only delays the answer. Returns the last moment; null: interrupted. */
export async function watchIncident(
  client: Client,
  incident: IncidentRef,
  context: CommandContext,
  watch: Watch = {},
): Promise<Moment | null> {
  const screen = new Screen(context);
  let state: IncidentState | null = null;
  try {
    while (!context.signal.aborted) {
      const moment = await look(client, incident, screen, watch.known === true && state === null);
      if (moment !== null) {
        if (moment.progress.state !== state) {
          state = moment.progress.state;
          screen.clear();
          await watch.entered?.(moment);
        }
        // A person may be typing the answer on that line.
        if (moment.progress.state !== 'awaitingApproval') screen.show(moment);
        if ((watch.until ?? lastStates).includes(moment.progress.state)) return moment;
      }
      await delay(pauseMs, undefined, { signal: context.signal }).catch(() => undefined);
    }
    return null;
  } finally {
    screen.clear();
  }
}

/** null: nobody answers for now; the person was told once. */
async function look(client: Client, incident: IncidentRef, screen: Screen, known: boolean): Promise<Moment | null> {
  try {
    const moment = await momentOf(client, incident);
    screen.answered();
    return moment;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError && !known) throw unknownIncident(incident);
    if (error instanceof CodecError) throw error;
    await screen.silent(client);
    return null;
  }
}

/** One line that is kept up to date on a terminal, a line now and then elsewhere. */
class Screen {
  readonly #context: CommandContext;
  readonly #live: boolean;
  #drawn = false;
  #last = '';
  #lastAt = 0;
  #told = false;

  constructor(context: CommandContext) {
    this.#context = context;
    this.#live = !context.out.json && process.stderr.isTTY;
  }

  show(moment: Moment): void {
    const line = progressLine(moment);
    if (this.#live) {
      process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
      this.#drawn = true;
      return;
    }
    if (line === this.#last || Date.now() - this.#lastAt < lineEveryMs) return;
    this.#context.out.note(line);
    this.#last = line;
    this.#lastAt = Date.now();
  }

  clear(): void {
    if (this.#drawn) process.stderr.write('\r\u001b[K');
    this.#drawn = false;
  }

  answered(): void {
    this.#told = false;
  }

  async silent(client: Client): Promise<void> {
    if (this.#told) return;
    this.#told = true;
    this.clear();
    const worker = await hasWorker(client, mainTaskQueue, 'workflows').catch(() => null);
    this.#context.out.note(worker === false ? noWorker : noAnswer);
  }
}

const noWorker = `no worker takes tasks from "${mainTaskQueue}"; still waiting, nothing is lost. Start one with \`relock worker\` (or \`relock dev\`)`;
const noAnswer =
  'Temporal does not answer; still waiting, nothing is lost: the incident goes on where it was when the server is back';
