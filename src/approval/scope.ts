import type { Statement } from '../model/approval.js';
import type { IncidentPlan, PlannedWave, PlanRef } from '../model/incident.js';

/** The waves that a statement is about. */
export function wavesOf(plan: IncidentPlan, wave: Statement['wave']): readonly PlannedWave[] {
  return wave === null ? plan.waves : plan.waves.slice(wave - 1, wave);
}

/** What is asked of the approvers: the whole plan, or one wave of it (counted from 1). */
export function statementFor(
  plan: IncidentPlan,
  { digest }: PlanRef,
  about: Pick<Statement, 'run' | 'wave' | 'expires'>,
): Statement {
  const [only] = wavesOf(plan, about.wave);
  const { totals } = plan;
  const credentials = about.wave === null ? totals.credentials - totals.blocked : (only?.credentials ?? 0);
  const targets = about.wave === null ? totals.targets : (only?.targets ?? 0);
  return {
    version: 1,
    decision: 'approve',
    incident: plan.incident,
    planDigest: digest,
    credentials,
    targets,
    ...about,
  };
}
