import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { IncidentActivities, PlanMade } from '../activities/incident/incidentActivities.js';
import { type EndState, endStateNames } from '../model/endStates.js';
import type { IncidentState, PlannedWave } from '../model/incident.js';
import { incidentWorkflowId, waveWorkflowId } from '../model/workflowIds.js';
import { approvalSheet } from './approvalSheet.js';
import { incidentActivityOptions, precheckActivityOptions } from './incidentActivityOptions.js';
import {
  type Approval,
  abortUpdate,
  approveUpdate,
  denyUpdate,
  type Ends,
  type IncidentInput,
  type IncidentProgress,
  type IncidentResult,
  incidentQuery,
  pauseUpdate,
  resumeUpdate,
  waveHaltedSignal,
  waveOrderSignal,
} from './incidentMessages.js';
import type { rotateWave } from './rotateWave.js';
import { taskQueueOf } from './taskQueues.js';

const store = proxyActivities<IncidentActivities>(incidentActivityOptions);

/** How long the incident waits before it counts again what has ended. */
const recountMs = { first: 1_000, most: 5 * 60_000 };

/**
 * Everything shared with one vendor, as one object that is planned, approved, rotated wave by wave, and closed with a
 * report. It takes people's decisions as updates: each is refused or accepted at once, with the reason.
 */
export async function respondToIncident(input: IncidentInput): Promise<IncidentResult> {
  const incident = new Incident(input);
  incident.listen();
  const made = await incident.plan();
  if (made === null) return incident.close('failed', null);
  if (input.dryRun) return incident.dryRun(made);
  if (!(await incident.approval())) return incident.close(incident.isAborted ? 'aborted' : 'denied', null);
  for (const [index, wave] of made.plan.waves.entries()) await incident.runWave(made, wave, index);
  await incident.settle(made);
  return incident.close(incident.isAborted ? 'aborted' : 'finished', made);
}

class Incident {
  readonly #input: IncidentInput;
  readonly #id: string;
  #progress: IncidentProgress;
  #approvedAt: number | null = null;
  #denied = false;
  #aborted = false;
  #paused = false;
  #halted = false;

  constructor(input: IncidentInput) {
    this.#input = input;
    this.#id = incidentWorkflowId(input.vendor, input.key);
    this.#progress = {
      incident: this.#id,
      vendor: input.vendor,
      reason: input.reason,
      state: 'planning',
      plan: null,
      totals: null,
      waves: 0,
      wave: null,
      ends: {},
      openedAt: Date.now(),
      endedAt: null,
      findings: null,
    };
  }

  get isAborted(): boolean {
    return this.#aborted;
  }

  listen(): void {
    setHandler(incidentQuery, () => this.#progress, { description: 'Where this incident stands' });
    setHandler(waveHaltedSignal, (halted) => {
      this.#halted = halted;
      this.#show();
    });
    setHandler(approveUpdate, () => this.#approve(), {
      description: 'Approve the plan. Input: {"planDigest": "<digest from the details of this page>"}',
      validator: (approval) => this.#mayApprove(approval),
    });
    setHandler(denyUpdate, () => this.#deny(), {
      description: 'Refuse the plan: nothing is changed, the incident ends',
      validator: () => this.#must(['awaitingApproval'], 'denied'),
    });
    setHandler(pauseUpdate, () => this.#order('pause'), {
      description: 'Start no further rotation; what is under way goes on',
      validator: () => this.#must(['running'], 'paused'),
    });
    setHandler(resumeUpdate, () => this.#order('resume'), {
      description: 'Go on after a pause or a halt',
      validator: () => this.#must(['paused', 'halted'], 'resumed'),
    });
    setHandler(abortUpdate, () => this.#order('abort'), {
      description:
        'Start no further rotation; what is under way is finished, or undone where nothing was promoted and the policy allows it',
      validator: () =>
        this.#must(['planning', 'awaitingApproval', 'running', 'paused', 'halted', 'settling'], 'aborted'),
    });
  }

  /** null: there is nothing that can be rotated, or the plan could not be made. */
  async plan(): Promise<PlanMade | null> {
    const { vendor, reason, policy } = this.#input;
    const made = await store.planIncident({ incident: this.#id, vendor, reason, policy, at: this.#progress.openedAt });
    this.#progress = { ...this.#progress, plan: made.ref, totals: made.plan.totals, waves: made.plan.waves.length };
    return made.plan.waves.length === 0 ? null : made;
  }

  async dryRun({ plan }: PlanMade): Promise<IncidentResult> {
    const findings = [];
    for (const page of plan.waves.flatMap((wave) => wave.pages)) {
      for (const zone of await store.zonesOfPage({ page })) {
        const { precheckPage } = proxyActivities<IncidentActivities>({
          ...precheckActivityOptions,
          taskQueue: taskQueueOf(zone),
        });
        findings.push(...(await precheckPage({ page, zone })).findings);
      }
    }
    this.#progress = { ...this.#progress, findings };
    return this.close('planned', null);
  }

  /** True: go. Where signatures are configured, the plan was refused before. */
  async approval(): Promise<boolean> {
    if (this.#input.approved) this.#approvedAt = Date.now();
    this.#enter('awaitingApproval');
    await condition(() => this.#approvedAt !== null || this.#denied || this.#aborted);
    return this.#approvedAt !== null && !this.#denied && !this.#aborted;
  }

  async runWave(made: PlanMade, wave: PlannedWave, index: number): Promise<void> {
    await condition(() => !this.#paused || this.#aborted);
    if (this.#aborted) return;
    this.#progress = { ...this.#progress, wave: index };
    this.#enter('running');
    const { policy } = this.#input;
    const { ends } = await executeChild<typeof rotateWave>('rotateWave', {
      workflowId: waveWorkflowId(this.#id, index),
      args: [
        {
          incident: this.#id,
          wave: index,
          kind: wave.kind,
          pages: wave.pages,
          planDigest: made.ref.digest,
          policy,
          haltAtFailedPercent: made.plan.haltAtFailedPercent,
          cleanAfter: this.#progress.openedAt,
          credentials: wave.credentials,
          from: { ends: {}, overridden: false, paused: this.#paused, aborted: false },
        },
      ],
    });
    this.#halted = false;
    this.#progress = { ...this.#progress, ends: sumOf(this.#progress.ends, ends) };
  }

  /** Parked rotations end in their own time; each leaves its result in the artifact store. */
  async settle(made: PlanMade): Promise<void> {
    for (let pauseMs = recountMs.first; !this.#aborted; pauseMs = Math.min(pauseMs * 2, recountMs.most)) {
      const tally = await store.tally({ incident: this.#id, plan: made.ref });
      this.#progress = { ...this.#progress, ends: tally.ends };
      if (tally.pending === 0) return;
      this.#enter('settling');
      await condition(() => this.#aborted, pauseMs);
    }
  }

  async close(state: IncidentState, made: PlanMade | null): Promise<IncidentResult> {
    const endedAt = Date.now();
    const { openedAt } = this.#progress;
    const approvedAt = this.#approvedAt;
    const report =
      made === null
        ? null
        : (await store.writeReport({ incident: this.#id, plan: made.ref, state, openedAt, approvedAt, endedAt })).key;
    this.#progress = { ...this.#progress, endedAt };
    this.#enter(state);
    await condition(allHandlersFinished);
    return { ...this.#progress, report };
  }

  #mayApprove(approval: Approval): void {
    this.#must(['awaitingApproval'], 'approved');
    const digest = this.#progress.plan?.digest;
    const given: unknown = approval?.planDigest;
    if (given === digest) return;
    throw refusal(`this is not the plan's digest; the plan was not approved. Read the plan, then approve ${digest}`);
  }

  #approve(): IncidentProgress {
    this.#approvedAt = Date.now();
    return this.#progress;
  }

  #deny(): IncidentProgress {
    this.#denied = true;
    return this.#progress;
  }

  async #order(order: 'pause' | 'resume' | 'abort'): Promise<IncidentProgress> {
    this.#paused = order === 'pause';
    if (order === 'abort') this.#aborted = true;
    const { wave, state } = this.#progress;
    this.#show();
    if (wave !== null && state !== 'settling') await tellWave(waveWorkflowId(this.#id, wave), order);
    return this.#progress;
  }

  #must(states: readonly IncidentState[], what: string): void {
    if (states.includes(this.#progress.state)) return;
    throw refusal(
      `this incident is ${this.#progress.state}; only one that is ${states.join(' or ')} can be ${what}. Nothing was changed`,
    );
  }

  #enter(state: IncidentState): void {
    this.#progress = { ...this.#progress, state };
    this.#show();
  }

  #show(): void {
    const { state } = this.#progress;
    if (state === 'running' || state === 'paused' || state === 'halted') {
      this.#progress = { ...this.#progress, state: this.#runningState() };
    }
    setCurrentDetails(approvalSheet(this.#progress));
  }

  #runningState(): IncidentState {
    if (this.#halted) return 'halted';
    return this.#paused ? 'paused' : 'running';
  }
}

function sumOf(one: Ends, other: Ends): Ends {
  const sums: Partial<Record<EndState, number>> = { ...one };
  for (const state of endStateNames) sums[state] = (one[state] ?? 0) + (other[state] ?? 0);
  return sums;
}

/** Without a stack: the Temporal UI would show it beside the message. */
function refusal(message: string): ApplicationFailure {
  const failure = ApplicationFailure.create({ message, type: 'Refused', nonRetryable: true });
  failure.stack = '';
  return failure;
}

/** A wave that has just ended needs no order any more. */
async function tellWave(workflowId: string, order: 'pause' | 'resume' | 'abort'): Promise<void> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(waveOrderSignal, order);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}
