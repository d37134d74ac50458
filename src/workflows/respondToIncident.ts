import {
  allHandlersFinished,
  condition,
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { IncidentActivities, PlanMade } from '../activities/incident/incidentActivities.js';
import type { ApprovalRef } from '../model/approval.js';
import { type EndState, endStateNames } from '../model/endStates.js';
import type { IncidentState, PlannedWave } from '../model/incident.js';
import { incidentWorkflowId, waveWorkflowId } from '../model/workflowIds.js';
import { approvalSheet } from './approvalSheet.js';
import { checkReason } from './closing.js';
import { incidentActivityOptions, precheckActivityOptions } from './incidentActivityOptions.js';
import { IncidentApproval } from './incidentApproval.js';
import {
  abortUpdate,
  approveUpdate,
  type Closing,
  closeUpdate,
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
import { refusal } from './refusal.js';
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
  for (const [index, wave] of made.plan.waves.entries()) {
    if (!(await incident.isApproved(index))) break;
    await incident.runWave(made, wave, index);
  }
  if (!incident.hasBegun) return incident.close(incident.isAborted ? 'aborted' : 'denied', null);
  await incident.settle(made);
  return incident.close(incident.endState, made);
}

class Incident {
  readonly #input: IncidentInput;
  readonly #id: string;
  readonly #workflowId: string;
  #progress: IncidentProgress;
  #approval: IncidentApproval | null = null;
  #approvedAt: number | null = null;
  #approvedBy: ApprovalRef | null = null;
  #aborted = false;
  #paused = false;
  #halted = false;

  constructor(input: IncidentInput) {
    this.#input = input;
    this.#id = incidentWorkflowId(input.vendor, input.key);
    this.#workflowId = input.workflowId ?? this.#id;
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
      signing: null,
      closing: null,
      findings: null,
    };
  }

  get isAborted(): boolean {
    return this.#aborted;
  }

  get endState(): 'aborted' | 'closed' | 'finished' {
    if (this.#aborted) return 'aborted';
    return this.#progress.closing === null ? 'finished' : 'closed';
  }

  /** Some wave was approved and started. */
  get hasBegun(): boolean {
    return this.#progress.wave !== null;
  }

  listen(): void {
    setHandler(incidentQuery, () => this.#progress, { description: 'Where this incident stands' });
    setHandler(waveHaltedSignal, (halted) => {
      this.#halted = halted;
      this.#show();
    });
    setHandler(approveUpdate, (given) => this.#decide(given, 'approve'), {
      description: 'Approve the plan. The details of this page (tab User Metadata) say what to put in',
      validator: (given) => this.#mayDecide(given, 'approve'),
    });
    setHandler(denyUpdate, (given) => this.#decide(given, 'deny'), {
      description: 'Refuse the plan: nothing more is changed, the incident ends',
      validator: (given) => this.#mayDecide(given, 'deny'),
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
    setHandler(closeUpdate, (closing) => this.#closeOpen(closing), {
      description:
        'End it, with a reason, although some rotations still wait: {"reason":"…"}. They go on by themselves; the report lists them as open',
      validator: (closing) => {
        this.#must(['settling'], 'closed');
        checkReason(closing);
      },
    });
  }

  /** null: there is nothing that can be rotated, or the plan could not be made. */
  async plan(): Promise<PlanMade | null> {
    const { vendor, reason, policy, opening, dryRun } = this.#input;
    const at = this.#progress.openedAt;
    const made = await store.planIncident({ incident: this.#id, vendor, reason, policy, at, opening, dryRun });
    this.#approval = new IncidentApproval(made);
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

  /** Whether this wave may run; asks people where they have not said so yet. */
  async isApproved(wave: number): Promise<boolean> {
    const approval = this.#approval;
    if (approval === null || this.#aborted) return false;
    if (wave > 0 && !approval.isPerWave) return true;
    approval.ask(approval.isPerWave ? wave + 1 : null);
    if (this.#input.approved) approval.approveUnsigned();
    this.#enter('awaitingApproval');
    const decided = () => approval.isApproved || approval.isDenied || this.#aborted;
    while (!(await this.#until(decided, approval.openForMs))) {
      approval.askAgain();
      this.#show();
    }
    if (!approval.isApproved || approval.isDenied || this.#aborted) return false;
    this.#approvedAt = Date.now();
    const { bundle } = approval;
    if (bundle !== null) this.#approvedBy = await store.storeApprovals({ incident: this.#id, bundle });
    return true;
  }

  async #until(isSo: () => boolean, forMs: number | null): Promise<boolean> {
    if (forMs !== null) return condition(isSo, forMs);
    await condition(isSo);
    return true;
  }

  async runWave(made: PlanMade, wave: PlannedWave, index: number): Promise<void> {
    await condition(() => !this.#paused || this.#aborted);
    if (this.#aborted) return;
    this.#progress = { ...this.#progress, wave: index };
    this.#enter('running');
    const { policy, workflowId } = this.#input;
    const { ends } = await executeChild<typeof rotateWave>('rotateWave', {
      workflowId: waveWorkflowId(this.#workflowId, index),
      args: [
        {
          incident: this.#id,
          ...(workflowId !== undefined && { incidentWorkflowId: workflowId }),
          wave: index,
          kind: wave.kind,
          pages: wave.pages,
          planDigest: made.ref.digest,
          policy,
          approval: this.#approvedBy,
          haltAtFailedPercent: made.plan.haltAtFailedPercent,
          ...(made.plan.inFlight !== undefined && { inFlight: made.plan.inFlight }),
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
    for (let pauseMs = recountMs.first; !this.#isStopped; pauseMs = Math.min(pauseMs * 2, recountMs.most)) {
      const tally = await store.tally({ incident: this.#id, plan: made.ref });
      this.#progress = { ...this.#progress, ends: tally.ends };
      if (tally.pending === 0) return;
      this.#enter('settling');
      await condition(() => this.#isStopped, pauseMs);
    }
  }

  get #isStopped(): boolean {
    return this.#aborted || this.#progress.closing !== null;
  }

  async close(state: IncidentState, made: PlanMade | null): Promise<IncidentResult> {
    const endedAt = Date.now();
    const { openedAt, closing } = this.#progress;
    const approvedAt = this.#approvedAt;
    const report =
      made === null
        ? null
        : (
            await store.writeReport({
              incident: this.#id,
              plan: made.ref,
              state,
              closing,
              openedBy: this.#approval?.openedBy ?? null,
              openedAt,
              approvedAt,
              endedAt,
            })
          ).key;
    this.#progress = { ...this.#progress, endedAt };
    this.#enter(state);
    await condition(allHandlersFinished);
    return { ...this.#progress, report };
  }

  #mayDecide(given: unknown, decision: 'approve' | 'deny'): void {
    this.#must(['awaitingApproval'], decision === 'approve' ? 'approved' : 'denied');
    if (this.#approval?.isApproved) throw refusal('enough have approved already. Nothing was changed by this one');
    this.#approval?.mayDecide(given, decision);
  }

  #decide(given: unknown, decision: 'approve' | 'deny'): IncidentProgress {
    this.#approval?.decide(given, decision);
    this.#show();
    return this.#progress;
  }

  #closeOpen({ reason }: Closing): IncidentProgress {
    this.#progress = { ...this.#progress, closing: reason };
    return this.#progress;
  }

  async #order(order: 'pause' | 'resume' | 'abort'): Promise<IncidentProgress> {
    this.#paused = order === 'pause';
    if (order === 'abort') this.#aborted = true;
    const { wave, state } = this.#progress;
    this.#show();
    if (wave !== null && state !== 'settling') await tellWave(waveWorkflowId(this.#workflowId, wave), order);
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
    const signing = this.#progress.state === 'awaitingApproval' ? (this.#approval?.signing ?? null) : null;
    this.#progress = { ...this.#progress, signing };
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

/** A wave that has just ended needs no order any more. */
async function tellWave(workflowId: string, order: 'pause' | 'resume' | 'abort'): Promise<void> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(waveOrderSignal, order);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}
