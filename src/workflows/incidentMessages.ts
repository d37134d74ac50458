import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ApprovalRef, Opening, Signed, Statement } from '../model/approval.js';
import type { EndState } from '../model/endStates.js';
import type { IncidentState, PageRef, PlanRef, PlanTotals, WaveKind } from '../model/incident.js';
import type { FailurePolicy } from '../model/policy.js';
import type { CredentialId } from '../model/record.js';
import type { Instant } from '../model/time.js';

export interface IncidentInput {
  readonly vendor: string;
  readonly key: string;
  /** What its workflow is called in Temporal; absent: `incident/<vendor>/<key>`, as people call it. */
  readonly workflowId?: string;
  readonly reason: string;
  readonly policy: FailurePolicy;
  /** Stop after the plan and its checks. */
  readonly dryRun: boolean;
  /** `--yes`: counts only where no signatures are configured. */
  readonly approved: boolean;
  /** Who opens it, by signature; null where no signatures are configured, and in dry runs. */
  readonly opening: Signed<Opening> | null;
}

/** How many rotations ended in which state. */
export type Ends = Readonly<Partial<Record<EndState, number>>>;

/** What is true of an incident now; counts of credentials. */
export interface IncidentProgress {
  readonly incident: string;
  readonly vendor: string;
  readonly reason: string;
  readonly state: IncidentState;
  readonly plan: PlanRef | null;
  readonly totals: PlanTotals | null;
  /** Waves of the plan, and the one that runs (0-based); null: none yet. */
  readonly waves: number;
  readonly wave: number | null;
  /** Ends of the waves that are over, by state. */
  readonly ends: Ends;
  readonly openedAt: Instant;
  readonly endedAt: Instant | null;
  /** What is to be signed, and by whom it was; null: no signature is asked for now. */
  readonly signing: Signing | null;
  /** Why a person closed it while something was still open; null: nobody did. */
  readonly closing: string | null;
  /** Findings of a dry run; null: none was made. */
  readonly findings: readonly DryRunFinding[] | null;
}

export interface Signing {
  readonly statement: Statement;
  /** Persons beside the opener. */
  readonly required: number;
  readonly opener: string;
  readonly by: readonly string[];
}

export interface DryRunFinding {
  readonly credential: CredentialId;
  readonly subject: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

export interface IncidentResult extends IncidentProgress {
  readonly report: string | null;
}

export const incidentQuery = defineQuery<IncidentProgress>('incident');

/** Without signatures: the digest that was read and is meant; another plan's is refused. */
export interface UnsignedApproval {
  readonly planDigest: string;
}
export type Approval = UnsignedApproval | Signed<Statement>;
export const approveUpdate = defineUpdate<IncidentProgress, [Approval]>('approve');
export const denyUpdate = defineUpdate<IncidentProgress, [Signed<Statement> | undefined]>('deny');
export const pauseUpdate = defineUpdate<IncidentProgress>('pause');
export const resumeUpdate = defineUpdate<IncidentProgress>('resume');
export const abortUpdate = defineUpdate<IncidentProgress>('abort');

/** Why an incident is closed although something is still open. */
export interface Closing {
  readonly reason: string;
}
export const closeUpdate = defineUpdate<IncidentProgress, [Closing]>('close');

export interface WaveInput {
  readonly incident: string;
  /** The workflow of its incident; absent: it is called as the incident is. */
  readonly incidentWorkflowId?: string;
  readonly wave: number;
  readonly kind: WaveKind;
  readonly pages: readonly PageRef[];
  readonly planDigest: string;
  readonly policy: FailurePolicy;
  /** null where approvals need no signature. */
  readonly approval: ApprovalRef | null;
  readonly haltAtFailedPercent: number;
  /** Rotations under way at once; absent: as earlier releases had it. */
  readonly inFlight?: number;
  /** Candidates made before this are not clean. */
  readonly cleanAfter: Instant;
  readonly credentials: number;
  readonly from: WaveSoFar;
}

/** What a wave carries over from page to page. */
export interface WaveSoFar {
  readonly ends: Ends;
  /** A person said to go on although too many failed. */
  readonly overridden: boolean;
  readonly paused: boolean;
  readonly aborted: boolean;
}

export const waveOrderSignal = defineSignal<['pause' | 'resume' | 'abort']>('order');
/** From a wave to its incident: it stopped because too many failed, or goes on. */
export const waveHaltedSignal = defineSignal<[boolean]>('waveHalted');

export interface WaveProgress {
  readonly running: readonly CredentialId[];
  readonly parked: readonly CredentialId[];
  readonly ends: Ends;
}
export const waveQuery = defineQuery<WaveProgress>('wave');
