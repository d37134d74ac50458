import {
  ApplicationFailure,
  continueAsNew,
  getExternalWorkflowHandle,
  patched,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import type { IncidentActivities, Row } from '../activities/incident/incidentActivities.js';
import type { RecordResult } from '../activities/recordResult.js';
import type { RotationPlan } from '../model/plan.js';
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
import { type RotationResult, reportSignal, workflowIdOf } from './messages.js';
import { type ChildOrder, startRotationChild, unknownEnd } from './rotationChild.js';
import { RotationWindow, type Windowed } from './rotationWindow.js';

/** Rotations of one wave that are under way together where its plan does not say; parked ones do not count. */
const windowSize = 24;

/** Pages that one run walks: at the end of each run the window stands empty behind its slowest rotation. */
const pagesOfRun = 4;

const store = proxyActivities<IncidentActivities & RecordResult>(incidentActivityOptions);
const others = proxyActivities<IncidentActivities>(waitingActivityOptions);

/**
 * Walks the pages of one wave, a run of this workflow for some of them, with a sliding window of rotations. Entries that share a
 * target's account never run together. Its result is what became of them, in numbers; each end is in the artifact store.
 */
export async function rotateWave(input: WaveInput): Promise<WaveSoFar> {
  const wave = new Wave(input);
  setHandler(waveOrderSignal, (order) => wave.obey(order));
  setHandler(reportSignal, (report) => {
    if (report.kind === 'parked') wave.park(report.credential);
  });
  setHandler(waveQuery, () => wave.progress());
  if (input.pages.length === 0 || wave.soFar.aborted) return wave.soFar;
  const pages = input.pages.slice(0, patched('pages-of-a-run') ? pagesOfRun : 1);
  const rest = input.pages.slice(pages.length);
  const { planDigest } = input;
  const rows = await Promise.all(pages.map((page) => store.readPlanRows({ page, planDigest })));
  await wave.walk(rows.flat());
  if (rest.length === 0 || wave.soFar.aborted) return wave.soFar;
  return continueAsNew<typeof rotateWave>({ ...input, pages: rest, from: wave.soFar });
}

/** A row on its way. */
interface Started extends Windowed {
  readonly order: ChildOrder;
}

class Wave {
  readonly #input: WaveInput;
  readonly #window: RotationWindow<Started>;
  #soFar: WaveSoFar;
  #halted = false;

  constructor(input: WaveInput) {
    this.#input = input;
    this.#window = new RotationWindow(input.inFlight ?? windowSize);
    this.#soFar = input.from;
  }

  get soFar(): WaveSoFar {
    return this.#soFar;
  }

  progress(): WaveProgress {
    return { running: this.#window.running, parked: this.#window.parked, ends: this.#soFar.ends };
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
        for (const { order } of this.#window.all) void cancelRotation(workflowIdOf(order.order.plan));
        break;
    }
  }

  park(credential: CredentialId): void {
    this.#window.park(credential);
  }

  /** Starts every row in its turn, and returns when each has ended or is parked. */
  walk(rows: readonly Row[]): Promise<void> {
    return this.#window.walk(
      rows.map((row) => startedOf(row, this.#input)),
      {
        isStopped: () => this.#soFar.aborted,
        isOpen: () => !this.#soFar.paused && !this.#halted,
        start: (row) => this.#start(row),
      },
    );
  }

  async #start(row: Started): Promise<void> {
    const { ended } = await this.#begin(row);
    void ended.then((result) => this.#end(row.credential, result)).catch(() => this.#lose(row));
  }

  /** Starts the rotation, or joins the one that holds this credential already. */
  async #begin({ order }: Started): Promise<{ readonly ended: Promise<RotationResult> }> {
    for (;;) {
      const child = await startRotationChild(order);
      if (child !== 'held') return { ended: child.result() };
      const joined = await joinRotation(order.order.plan, this.#input);
      if (joined !== 'gone') return joined;
    }
  }

  #end(credential: CredentialId, result: RotationResult): void {
    this.#window.leave(credential);
    const { ends } = this.#soFar;
    this.#note({ ends: { ...ends, [result.state]: (ends[result.state] ?? 0) + 1 } });
    this.#haltIfTooManyFailed();
  }

  async #lose({ credential, order }: Started): Promise<void> {
    const result = unknownEnd(order);
    await store.recordResult(result);
    this.#end(credential, result);
  }

  #haltIfTooManyFailed(): void {
    const { kind, credentials, haltAtFailedPercent } = this.#input;
    const allowed = kind === 'canary' ? 0 : (credentials * haltAtFailedPercent) / 100;
    const halted = !this.#soFar.overridden && failedOf(this.#soFar.ends) > allowed;
    if (halted && !this.#halted) void tellIncident(this.#input, true);
    this.#halted = halted;
  }

  #note(change: Partial<WaveSoFar>): void {
    this.#soFar = { ...this.#soFar, ...change };
    if (this.#halted && (this.#soFar.overridden || this.#soFar.aborted)) {
      this.#halted = false;
      void tellIncident(this.#input, false);
    }
  }
}

/** Ends after which readers still get the old secret, or nobody knows. */
function failedOf({ rotated: _rotated, replaced: _replaced, ...others }: Ends): number {
  return Object.values(others).reduce((sum, count) => sum + count, 0);
}

function startedOf({ entry, token }: Row, { policy, incident, planDigest, approval }: WaveInput): Started {
  const { plan, locks } = entry;
  return {
    credential: plan.credential,
    locks,
    order: { order: { plan, token, policy }, incident, planDigest, approval },
  };
}

/** The credential is being rotated already: that rotation takes over the incident's policy, and its end is copied here. */
async function joinRotation(
  { credential, workflowId }: RotationPlan,
  input: WaveInput,
): Promise<{ readonly ended: Promise<RotationResult> } | 'gone'> {
  const join = { policy: 'forward', cleanAfter: input.cleanAfter, approval: input.approval } as const;
  const rotation = { credential, ...(workflowId !== undefined && { workflowId }) };
  if ((await others.joinRotation({ ...rotation, join })) === null) return 'gone';
  return { ended: endOfJoined(rotation, input) };
}

async function endOfJoined(
  rotation: Pick<RotationPlan, 'credential' | 'workflowId'>,
  input: WaveInput,
): Promise<RotationResult> {
  const result = { ...(await others.awaitRotation(rotation)), incident: input.incident };
  await store.recordResult(result);
  return result;
}

async function cancelRotation(workflowId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(workflowId).cancel();
  } catch (error) {
    if (!(error instanceof ApplicationFailure) && !(error instanceof Error)) throw error;
  }
}

async function tellIncident({ incident, incidentWorkflowId = incident }: WaveInput, halted: boolean): Promise<void> {
  try {
    await getExternalWorkflowHandle(incidentWorkflowId).signal(waveHaltedSignal, halted);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}
