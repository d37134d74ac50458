import {
  ApplicationFailure,
  type ChildWorkflowHandle,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { IncidentActivities, Row } from '../activities/incident/incidentActivities.js';
import type { RecordResult } from '../activities/recordResult.js';
import type { CredentialId } from '../model/record.js';
import { incidentActivityOptions, waitingActivityOptions } from './incidentActivityOptions.js';
import {
  type Ends,
  type WaveInput,
  type WaveProgress,
  type WaveSoFar,
  waveHaltedSignal,
  waveOrderSignal,
  waveQuery,
} from './incidentMessages.js';
import { type RotateCredentialInput, type RotationResult, reportSignal, rotationWorkflowId } from './messages.js';
import type { rotateCredential } from './rotateCredential.js';

/** Rotations of one wave that are under way together; parked ones do not count. */
const windowSize = 24;

const store = proxyActivities<IncidentActivities & RecordResult>(incidentActivityOptions);
const others = proxyActivities<IncidentActivities>(waitingActivityOptions);

/**
 * Walks the pages of one wave, a run of this workflow per page, with a sliding window of rotations. Entries that share a
 * target's account never run together. Its result is what became of them, in numbers; each end is in the artifact store.
 */
export async function rotateWave(input: WaveInput): Promise<WaveSoFar> {
  const [page, ...rest] = input.pages;
  const wave = new Wave(input);
  setHandler(waveOrderSignal, (order) => wave.obey(order));
  setHandler(reportSignal, (report) => {
    if (report.kind === 'parked') wave.park(report.credential);
  });
  setHandler(waveQuery, () => wave.progress());
  if (page === undefined || wave.soFar.aborted) return wave.soFar;
  const rows = await store.readPlanRows({ page, planDigest: input.planDigest });
  await wave.walk(rows);
  if (rest.length === 0 || wave.soFar.aborted) return wave.soFar;
  return continueAsNew<typeof rotateWave>({ ...input, pages: rest, from: wave.soFar });
}

class Wave {
  readonly #input: WaveInput;
  readonly #running = new Map<CredentialId, Row>();
  readonly #parked = new Set<CredentialId>();
  #soFar: WaveSoFar;
  #halted = false;

  constructor(input: WaveInput) {
    this.#input = input;
    this.#soFar = input.from;
  }

  get soFar(): WaveSoFar {
    return this.#soFar;
  }

  progress(): WaveProgress {
    const running = [...this.#running.keys()].filter((credential) => !this.#parked.has(credential));
    return { running, parked: [...this.#parked], ends: this.#soFar.ends };
  }

  obey(order: 'pause' | 'resume' | 'abort'): void {
    switch (order) {
      case 'pause':
        this.#note({ paused: true });
        break;
      case 'resume':
        this.#note({ paused: false, overridden: this.#soFar.overridden || this.#halted });
        break;
      case 'abort':
        this.#note({ aborted: true, paused: false });
        for (const credential of this.#running.keys()) void cancelRotation(credential);
        break;
    }
  }

  park(credential: CredentialId): void {
    if (this.#running.has(credential)) this.#parked.add(credential);
  }

  /** Starts every row in its turn, and returns when each has ended or is parked. */
  async walk(rows: readonly Row[]): Promise<void> {
    const waiting = [...rows];
    while (waiting.length > 0) {
      await this.#mayStart(waiting);
      if (this.#soFar.aborted) break;
      const next = waiting.findIndex((row) => this.#isFree(row));
      for (const row of waiting.splice(next, 1)) await this.#start(row);
    }
    await condition(() => this.#active() === 0);
  }

  async #mayStart(waiting: readonly Row[]): Promise<void> {
    await condition(() => this.#soFar.aborted || (this.#isOpen() && waiting.some((row) => this.#isFree(row))));
  }

  #isOpen(): boolean {
    return !this.#soFar.paused && !this.#halted && this.#active() < windowSize;
  }

  #isFree(row: Row): boolean {
    const taken = new Set([...this.#running.values()].flatMap((running) => running.entry.locks));
    return row.entry.locks.every((lock) => !taken.has(lock));
  }

  #active(): number {
    return this.#running.size - this.#parked.size;
  }

  async #start(row: Row): Promise<void> {
    const { credential } = row.entry.plan;
    this.#running.set(credential, row);
    const { ended } = await this.#begin(row);
    void ended.then((result) => this.#end(credential, result)).catch(() => this.#lose(row));
  }

  /** Starts the rotation, or joins the one that holds this credential already. */
  async #begin(row: Row): Promise<{ readonly ended: Promise<RotationResult> }> {
    for (;;) {
      const child = await startRotation(row, this.#input);
      if (child !== 'held') return { ended: child.result() };
      const joined = await joinRotation(row.entry.plan.credential, this.#input);
      if (joined !== 'gone') return joined;
    }
  }

  #end(credential: CredentialId, result: RotationResult): void {
    this.#running.delete(credential);
    this.#parked.delete(credential);
    const { ends } = this.#soFar;
    this.#note({ ends: { ...ends, [result.state]: (ends[result.state] ?? 0) + 1 } });
    this.#haltIfTooManyFailed();
  }

  /** A rotation that was terminated tells nothing: nobody knows what it left. */
  async #lose(row: Row): Promise<void> {
    const result = unknownEnd(row, this.#input);
    await store.recordResult(result);
    this.#end(row.entry.plan.credential, result);
  }

  #haltIfTooManyFailed(): void {
    const { kind, credentials, haltAtFailedPercent } = this.#input;
    const allowed = kind === 'canary' ? 0 : (credentials * haltAtFailedPercent) / 100;
    const halted = !this.#soFar.overridden && failedOf(this.#soFar.ends) > allowed;
    if (halted && !this.#halted) void tellIncident(this.#input.incident, true);
    this.#halted = halted;
  }

  #note(change: Partial<WaveSoFar>): void {
    this.#soFar = { ...this.#soFar, ...change };
    if (this.#halted && (this.#soFar.overridden || this.#soFar.aborted)) {
      this.#halted = false;
      void tellIncident(this.#input.incident, false);
    }
  }
}

/** Ends after which readers still get the old secret, or nobody knows. */
function failedOf({ rotated: _rotated, replaced: _replaced, ...others }: Ends): number {
  return Object.values(others).reduce((sum, count) => sum + count, 0);
}

async function startRotation(
  row: Row,
  input: WaveInput,
): Promise<ChildWorkflowHandle<typeof rotateCredential> | 'held'> {
  const { plan } = row.entry;
  const args: RotateCredentialInput = {
    order: { plan, token: row.token, policy: input.policy },
    incident: input.incident,
    reportTo: { workflowId: workflowInfo().workflowId },
    from: null,
  };
  const workflowId = rotationWorkflowId(plan.credential);
  try {
    const parentClosePolicy = ParentClosePolicy.ABANDON;
    return await startChild<typeof rotateCredential>('rotateCredential', {
      workflowId,
      args: [args],
      parentClosePolicy,
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError') return 'held';
    throw error;
  }
}

/** The credential is being rotated already: that rotation takes over the incident's policy, and its end is copied here. */
async function joinRotation(
  credential: CredentialId,
  input: WaveInput,
): Promise<{ readonly ended: Promise<RotationResult> } | 'gone'> {
  const join = { policy: 'forward', cleanAfter: input.cleanAfter } as const;
  if ((await others.joinRotation({ credential, join })) === null) return 'gone';
  return { ended: endOfJoined(credential, input) };
}

async function endOfJoined(credential: CredentialId, input: WaveInput): Promise<RotationResult> {
  const result = { ...(await others.awaitRotation({ credential })), incident: input.incident };
  await store.recordResult(result);
  return result;
}

function unknownEnd(row: Row, input: WaveInput): RotationResult {
  return {
    credential: row.entry.plan.credential,
    incident: input.incident,
    token: row.token,
    state: 'unverified',
    reason: 'bug',
    flags: { exposed: true, stale: [], unsaved: [] },
    open: true,
    startedAt: workflowInfo().startTime.getTime(),
    endedAt: Date.now(),
  };
}

async function cancelRotation(credential: CredentialId): Promise<void> {
  try {
    await getExternalWorkflowHandle(rotationWorkflowId(credential)).cancel();
  } catch (error) {
    if (!(error instanceof ApplicationFailure) && !(error instanceof Error)) throw error;
  }
}

async function tellIncident(incident: string, halted: boolean): Promise<void> {
  try {
    await getExternalWorkflowHandle(incident).signal(waveHaltedSignal, halted);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}
