import { createHash } from 'node:crypto';
import type { Estate } from '../../config/estate.js';
import type { CallContext } from '../../contracts/context.js';
import { DriverError } from '../../model/errors.js';
import type { IncidentPlan, PageRef, PlanPage, PlanRef } from '../../model/incident.js';
import { incidentPlanSchema, planPageSchema } from './schemas.js';

/** A page of the plan, if its bytes are still the ones that were planned. */
export async function readPlanPage(estate: Estate, ref: PageRef, context: CallContext): Promise<PlanPage> {
  return planPageSchema.parse(await readPlanned(estate, ref, context));
}

export async function readIncidentPlan(estate: Estate, ref: PlanRef, context: CallContext): Promise<IncidentPlan> {
  return incidentPlanSchema.parse(await readPlanned(estate, ref, context));
}

/** Reads by key, believes by digest: whoever can write to the artifact store must not be able to change a plan after its digest was approved. */
export async function readPlanned(estate: Estate, ref: PlanRef, context: CallContext): Promise<unknown> {
  const bytes = await estate.artifacts.get(ref.key, context);
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== ref.digest) throw tampered(ref.key);
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  return value;
}

function tampered(key: string): DriverError {
  return new DriverError({
    code: 'Misconfigured',
    effect: 'none',
    driver: 'artifacts',
    subject: key,
    message: `${key} in the artifact store is not what was planned: its digest differs; nothing was changed. Find out who wrote there, then open the incident anew.`,
  });
}
