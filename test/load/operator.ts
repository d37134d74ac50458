import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type Decision, decide } from '../../src/cli/incident/decide.js';
import { momentOf } from '../../src/cli/incident/follow.js';
import { type IncidentRef, incidentRef } from '../../src/cli/incident/incidentRef.js';
import type { IncidentState } from '../../src/model/incident.js';
import { plainIds } from '../../src/model/workflowIds.js';
import type { IncidentProgress } from '../../src/workflows/incidentMessages.js';

const overStates: readonly IncidentState[] = ['planned', 'finished', 'aborted', 'denied', 'failed'];
const lookEveryMs = 500;
const answerMs = 10_000;

/** A person at the incident: looks how it stands, pauses it, resumes it. A server that is away is asked again. */
export class Operator {
  readonly #client: Client;
  readonly #incident: IncidentRef;
  #state: IncidentState | null = null;
  pauses = 0;
  /** After a wave had halted because too many had failed. */
  resumesAfterHalt = 0;

  constructor(client: Client, incident: string) {
    this.#client = client;
    this.#incident = incidentRef(incident, plainIds);
  }

  /** As it was last seen; null: not yet. */
  get state(): IncidentState | null {
    return this.#state;
  }

  get isOver(): boolean {
    return this.#state !== null && overStates.includes(this.#state);
  }

  /** Until the incident is over; resumes it whenever it has halted. */
  async watch(): Promise<void> {
    while (!this.isOver) {
      await this.#look();
      if (this.#state === 'halted' && (await this.#says('resume'))) this.resumesAfterHalt += 1;
      await delay(lookEveryMs);
    }
  }

  /** Only what runs can be paused: until then it is tried again. */
  async pauseAndResume(pausedMs: number): Promise<void> {
    while (!(await this.#says('pause')) && this.#state !== 'paused') {
      if (this.isOver) return;
      await delay(lookEveryMs);
    }
    this.pauses += 1;
    await delay(pausedMs);
    while (!(await this.#says('resume')) && this.#state !== 'running' && !this.isOver) await delay(lookEveryMs);
  }

  async #look(): Promise<void> {
    const moment = await momentOf(this.#client, this.#incident).catch(() => null);
    if (moment !== null) this.#state = moment.progress.state;
  }

  /** Whether it was taken; a refusal, or nobody there: not. */
  async #says(decision: Decision): Promise<boolean> {
    try {
      const said: IncidentProgress = await this.#client.withDeadline(Date.now() + answerMs, () =>
        decide(this.#client, this.#incident, decision),
      );
      this.#state = said.state;
      return true;
    } catch {
      await this.#look();
      return false;
    }
  }
}
