import type {
  CopyEvidence,
  EffectEvidence,
  EvidenceRef,
  LoginEvidence,
  OldEvidence,
  PhaseEvidence,
  RotationEvidence,
  TargetEvidence,
} from '../model/evidence.js';
import type { TargetPlan } from '../model/plan.js';
import { type ProbeAnswer, probeAnswers } from '../model/probe.js';
import type { VersionId } from '../model/record.js';
import type { Instant } from '../model/time.js';
import { causesOf } from './causes.js';
import type { End } from './commands.js';
import { deathOf } from './decide/retire.js';
import { type PhaseName, phaseNames } from './phases.js';
import { factsOf, type RotationState } from './state.js';
import { type TargetTrail, trailOf } from './trail.js';

/** What evidence says of a rotation beside what the protocol observed. */
export interface About {
  readonly incident: string | null;
  readonly planDigest: string | null;
  readonly approval: EvidenceRef | null;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
}

/** The evidence of a rotation that ended so. The same for every interpreter. */
export function evidenceOf(state: RotationState, end: End, about: About): RotationEvidence {
  const { order, record, joined } = state;
  const { plan } = order;
  return {
    type: 'relock.rotation-evidence',
    version: 1,
    credential: plan.credential,
    kind: plan.kind,
    account: plan.account,
    ...about,
    token: order.token,
    descriptorDigest: plan.descriptorDigest,
    maker: plan.maker,
    policy: { ordered: order.policy, inForce: state.policy },
    resumed: state.resumes,
    cancelled: state.cancelled,
    joined: joined === null ? null : { policy: joined.policy, cleanAfter: joined.cleanAfter },
    promoteDecision: state.decision,
    state: end.state,
    reason: end.reason,
    flags: end.flags,
    open: end.open,
    causes: causesOf(state, end),
    versions: {
      candidate: record?.candidate ?? null,
      candidateMadeAt: record?.stagedAt ?? null,
      base: record?.base ?? null,
      olds: record?.olds ?? [],
    },
    phases: phaseEvidence(state, end),
    targets: plan.targets.map((target) => targetEvidence(state, target)),
    copies: plan.copies.map((ref) => copyEvidence(state, ref)),
  };
}

function phaseEvidence(state: RotationState, end: End): readonly PhaseEvidence[] {
  const trail = trailOf(state);
  return phaseNames.flatMap((phase) => {
    const times = trail.phases[phase];
    if (times === undefined) return [];
    return [{ phase, reachedAt: times.reachedAt, provenAt: isProven(state, end, phase) ? times.passedAt : null }];
  });
}

/** Two phases can be left although they prove nothing: past promote everything goes forward. */
function isProven(state: RotationState, end: End, phase: PhaseName): boolean {
  if (phase === 'retired') return end.state === 'rotated';
  if (phase === 'adopted') return state.consumersMoved || state.order.plan.consumers.length === 0;
  return true;
}

function targetEvidence(state: RotationState, { id, zone, realm, login }: TargetPlan): TargetEvidence {
  const { taken, confirmed, sessionsEnded, suspended } = factsOf(state, id);
  const trail = trailOf(state).targets[id];
  const candidate = state.record?.candidate;
  const olds = (state.record?.olds ?? []).filter((old) => old !== candidate);
  return {
    id,
    zone,
    realm,
    login,
    taken,
    saved: confirmed,
    sessionsEnded,
    suspended,
    olds: olds.map((old) => oldEvidence(state, id, old)),
    logins: trail === undefined ? [] : logins(trail),
    effects: trail === undefined ? [] : effects(trail),
  };
}

function oldEvidence(state: RotationState, id: string, version: VersionId): OldEvidence {
  const death = deathOf(state, id, version);
  const proof = death === null ? undefined : trailOf(state).targets[id]?.proofs[version];
  return {
    version,
    death,
    refusal: proof?.refusal ?? null,
    controlBefore: proof?.before ?? null,
    controlAfter: proof?.after ?? null,
  };
}

function logins({ probes }: TargetTrail): readonly LoginEvidence[] {
  return Object.entries(probes).flatMap(([version, answers]) =>
    probeAnswers.flatMap((answer: ProbeAnswer) => {
      const seen = answers[answer];
      return seen === undefined ? [] : [{ version, answer, ...seen }];
    }),
  );
}

function effects({ effects: seen }: TargetTrail): readonly EffectEvidence[] {
  return Object.entries(seen).map(([effect, what]) => ({ effect, ...what }));
}

function copyEvidence(state: RotationState, ref: string): CopyEvidence {
  const copy = state.copies[ref];
  const promotedAt = copy?.promoted === true ? (trailOf(state).copies[ref]?.promotedAt ?? null) : null;
  return {
    ref,
    seen: copy?.seen ?? 'unseen',
    promotedAt,
    stale: copy?.stale ?? false,
    stranger: copy?.stranger ?? null,
  };
}
