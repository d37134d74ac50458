import type { EndState, Reason } from '../model/endStates.js';
import type { Join, RotationOrder, TargetPlan } from '../model/plan.js';
import type { FailurePolicy } from '../model/policy.js';
import type { ProbeAnswer } from '../model/probe.js';
import type { Refusals, RotationRecord, SpentToken, TargetId, VersionId } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { CopyState } from './commands.js';
import type { PhaseName } from './phases.js';
import { emptyTrail, type Trail } from './trail.js';

/**
 * Was an old version seen dead? `proven`: refused beside a control. `replaced`: a proven change took its only slot, and it
 * was not what worked there. `vacuous`: refused, but nothing shows that a refusal means anything there.
 */
export type Death = 'proven' | 'replaced' | 'vacuous';

/** What is known of one target; every field is an observation, never a hope. */
export interface TargetFacts {
  /** Latest answer per version. An effect sent to the target clears them: they may be stale. */
  readonly answers: Readonly<Record<VersionId, ProbeAnswer>>;
  /** From where a version was accepted in this rotation, the latest time. */
  readonly controls: Readonly<Record<VersionId, string>>;
  /** From where a version was refused since the last effect. */
  readonly refusals: Readonly<Record<VersionId, string>>;
  readonly dead: Readonly<Record<VersionId, Death>>;
  /** The old version that was seen to work before the candidate was taken: what undo goes back to. */
  readonly working: VersionId | null;
  /** The candidate was accepted here by a fresh login, and nothing was sent since that could change it. */
  readonly taken: boolean;
  readonly everTaken: boolean;
  /** How often the candidate was ordered to this target, and how many of those orders may have had an effect. */
  readonly orders: number;
  readonly sends: number;
  /** How often nothing certain was heard of making the candidate, where the target makes it. */
  readonly stages: number;
  /** Why the last call to this target failed. */
  readonly failure: Reason | null;
  /** An effect of which nothing was heard may still arrive: nothing more is sent until then. */
  readonly quietUntil: Instant | null;
  /** Until then a target that said yes may still be about to do it. */
  readonly settlesAt: Instant | null;
  readonly changedAt: Instant | null;
  /** Probes in a row that gave no answer. */
  readonly silences: number;
  /** How often it was asked again since something was sent there: each pause is twice the one before. */
  readonly asks: number;
  readonly captureFailed: boolean;
  /** Seen before anything was sent: a change would be refused there. Absent: nothing was seen to stand in its way. */
  readonly hindered?: true;
  readonly confirmed: 'no' | 'yes' | 'failed';
  readonly retired: readonly VersionId[];
  /** How often retiring was ordered. */
  readonly retires: number;
  readonly sessionsEnded: boolean;
  /** How often putting the old secret back was ordered. */
  readonly reverts: number;
  readonly suspended: boolean;
  readonly suspendFailed: boolean;
}

export interface Ending {
  readonly state: EndState;
  readonly reason: Reason | null;
  /** Leave the record: more can be proven, undone or finished later. */
  readonly open: boolean;
}

export interface CopyFacts {
  readonly seen: CopyState | 'unseen';
  /** Giving readers the candidate was ordered, and nobody said no: they may get it. */
  readonly promoting: boolean;
  readonly promoted: boolean;
  readonly failed: boolean;
  /** A stranger's value that this copy's readers get, instead of `base`. */
  readonly stranger: VersionId | null;
  readonly stale: boolean;
}

/** Everything that one rotation knows. Plain data: it crosses continue-as-new. */
export interface RotationState {
  readonly order: RotationOrder;
  /** It finishes a record that somebody else left. */
  readonly resumes: boolean;
  /** The failure policy in force: `join` may have changed the order's. */
  readonly policy: FailurePolicy;
  readonly phase: PhaseName;
  readonly now: Instant;
  readonly record: RotationRecord | null;
  readonly targets: Readonly<Record<TargetId, TargetFacts>>;
  readonly copies: Readonly<Record<string, CopyFacts>>;
  /** Refused logins since the last good one, per realm. */
  readonly refusals: Refusals;
  /** When the current stretch (changing, promoting, proving, undoing) says what it knows. */
  readonly deadline: Instant;
  /** Parked waiting for a person ends here, for stragglers there; null until something is parked. */
  readonly parkedUntil: Instant | null;
  readonly stragglersUntil: Instant | null;
  readonly stragglersAskedAt: Instant;
  /** Why it gives up; only before promote. */
  readonly failing: Reason | null;
  /** Decided before `finished` is reached; null: `finished` reads it from the facts. */
  readonly ending: Ending | null;
  /** Why the last call to a vault failed, its retries spent. */
  readonly vaultFailure: Reason | null;
  readonly cancelled: boolean;
  readonly joined: Join | null;
  /** A person's answer to `promoteShare`. */
  readonly decision: boolean | null;
  readonly consumersMoved: boolean;
  readonly soaked: boolean;
  readonly stillUsed: boolean;
  /** As which the record was closed. */
  readonly closedAs: EndState | null;
  /** Somebody wrote over the new secret after readers had got it; absent: nobody was seen to. */
  readonly overwritten?: boolean;
  readonly held: RotationRecord | null;
  readonly spent: SpentToken | null;
  /** For the evidence; absent where an earlier release began the rotation. */
  readonly trail?: Trail;
}

export const untouchedTarget: TargetFacts = {
  answers: {},
  controls: {},
  refusals: {},
  dead: {},
  working: null,
  taken: false,
  everTaken: false,
  orders: 0,
  sends: 0,
  stages: 0,
  failure: null,
  quietUntil: null,
  settlesAt: null,
  changedAt: null,
  silences: 0,
  asks: 0,
  captureFailed: false,
  confirmed: 'no',
  retired: [],
  retires: 0,
  sessionsEnded: false,
  reverts: 0,
  suspended: false,
  suspendFailed: false,
};

const unseenCopy: CopyFacts = {
  seen: 'unseen',
  promoting: false,
  promoted: false,
  failed: false,
  stranger: null,
  stale: false,
};

/** Where every run of the protocol begins. `resumes`: its record was seen, so an earlier run may have done anything. */
export function begin(order: RotationOrder, now: Instant, resumes = false): RotationState {
  return {
    order,
    resumes,
    policy: order.policy,
    phase: 'opened',
    now,
    record: null,
    targets: Object.fromEntries(order.plan.targets.map((target) => [target.id, untouchedTarget])),
    copies: Object.fromEntries(order.plan.copies.map((copy) => [copy, unseenCopy])),
    refusals: {},
    deadline: now + order.plan.timing.settleDeadlineMs,
    parkedUntil: null,
    stragglersUntil: null,
    stragglersAskedAt: now,
    failing: null,
    ending: null,
    vaultFailure: null,
    cancelled: false,
    joined: null,
    decision: null,
    consumersMoved: false,
    soaked: false,
    stillUsed: false,
    closedAs: null,
    held: null,
    spent: null,
    trail: emptyTrail,
  };
}

/**
 * Whoever carried this rotation on is gone, and with it what it saw last: the vault's record says where it stands. What people
 * said holds, and so does the evidence of what was seen before.
 */
export function beginAnew(state: RotationState, now: Instant): RotationState {
  const { order, policy, cancelled, joined, decision, consumersMoved, trail } = state;
  const said = { policy, cancelled, joined, decision, consumersMoved };
  return { ...begin(order, now, true), ...said, ...(trail && { trail }) };
}

export function factsOf(state: RotationState, target: TargetId): TargetFacts {
  const facts = state.targets[target];
  if (facts === undefined) throw new Error(`no target ${target} in this rotation`);
  return facts;
}

export function withTarget(state: RotationState, target: TargetId, change: Partial<TargetFacts>): RotationState {
  return { ...state, targets: { ...state.targets, [target]: { ...factsOf(state, target), ...change } } };
}

export function withCopy(state: RotationState, copy: string, change: Partial<CopyFacts>): RotationState {
  return { ...state, copies: { ...state.copies, [copy]: { ...(state.copies[copy] ?? unseenCopy), ...change } } };
}

export function planOf(state: RotationState, target: TargetId): TargetPlan {
  const plan = state.order.plan.targets.find((candidate) => candidate.id === target);
  if (plan === undefined) throw new Error(`no target ${target} in this plan`);
  return plan;
}

/** The record and its candidate, from `staged` on. */
export function staged(state: RotationState): { record: RotationRecord; candidate: VersionId } {
  const candidate = state.record?.candidate;
  if (state.record === null || candidate === undefined || candidate === null) throw new Error('nothing is staged yet');
  return { record: state.record, candidate };
}

/** Past the point of no return: readers of the primary get the candidate. */
export function isPromoted(state: RotationState): boolean {
  const primary = state.order.plan.copies[0];
  return primary !== undefined && state.copies[primary]?.promoted === true;
}

/** What is accepted there is the only thing that is. */
export function holdsOne(state: RotationState, id: TargetId): boolean {
  const { overlap, oldDies } = planOf(state, id).capabilities;
  return !overlap && oldDies === 'now';
}

/** An effect may still arrive there of which nothing was heard. */
export function isQuiet(state: RotationState, target: TargetId): boolean {
  const { quietUntil } = factsOf(state, target);
  return quietUntil !== null && state.now < quietUntil;
}

/** When nothing that was sent there can change anything any more. */
export function settledAt(state: RotationState, target: TargetId): Instant {
  const { quietUntil, settlesAt } = factsOf(state, target);
  return Math.max(quietUntil ?? 0, settlesAt ?? 0);
}

/** Old versions that this target may still accept: those that were never seen to be gone from there. */
export function oldsAt(state: RotationState, target: TargetId): readonly VersionId[] {
  const { record } = state;
  return record === null ? [] : record.olds.filter((old) => record.mayBeAt[old]?.includes(target) ?? true);
}

export function targetIds(state: RotationState): readonly TargetId[] {
  return state.order.plan.targets.map((target) => target.id);
}
