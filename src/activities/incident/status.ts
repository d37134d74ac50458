import type { Estate } from '../../config/estate.js';
import type { CallContext } from '../../contracts/context.js';
import { resultsPrefix } from '../../model/artifactKeys.js';
import { endStateNames } from '../../model/endStates.js';
import type { CredentialStatus, PlanRef } from '../../model/incident.js';
import type { Ends } from '../../workflows/incidentMessages.js';
import { readIncidentPlan, readPlanPage } from './artifacts.js';
import { type StoredResult, storedResultSchema } from './resultSchema.js';

/**
 * Every credential of the plan with what the artifact store knows of it: the latest result, or `pending`, or why it is blocked.
 * `context` begins a call's time anew: how many there are says nothing of one call.
 */
export async function credentialStatuses(
  estate: Estate,
  incident: string,
  ref: PlanRef,
  context: () => CallContext,
): Promise<readonly CredentialStatus[]> {
  const plan = await readIncidentPlan(estate, ref, context());
  const results = await latestResults(estate, incident, context);
  const statuses: CredentialStatus[] = [];
  for (const page of plan.waves.flatMap((wave) => wave.pages)) {
    const { entries } = await readPlanPage(estate, page, context());
    statuses.push(...entries.map(({ plan: { credential } }) => statusOf(credential, results.get(credential))));
  }
  for (const page of plan.blocked) {
    const { entries } = await readPlanPage(estate, page, context());
    statuses.push(
      ...entries.map(
        (entry) =>
          ({ id: entry.plan.credential, state: 'blocked', exposed: true, reason: entry.findings.join('; ') }) as const,
      ),
    );
  }
  return statuses;
}

function statusOf(id: string, result: StoredResult | undefined): CredentialStatus {
  if (result === undefined) return { id, state: 'pending', exposed: true };
  const { state, reason, flags, causes = [] } = result;
  const why = { ...(reason === null ? {} : { reason }), ...(causes.length === 0 ? {} : { causes }) };
  return { id, state, exposed: flags.exposed, ...why };
}

/** Per credential the result that ended last. `context` begins a call's time anew. */
export async function latestResults(
  estate: Estate,
  incident: string,
  context: () => CallContext,
): Promise<ReadonlyMap<string, StoredResult>> {
  const latest = new Map<string, StoredResult>();
  for (const key of await estate.artifacts.list(resultsPrefix(incident), context())) {
    const bytes = await estate.artifacts.get(key, context());
    const result = storedResultSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    const known = latest.get(result.credential);
    if (known === undefined || known.endedAt <= result.endedAt) latest.set(result.credential, result);
  }
  return latest;
}

/** How an incident stands, in numbers. */
export interface Tally {
  readonly total: number;
  /** Rotations that ended, by state. */
  readonly ends: Ends;
  readonly blocked: number;
  readonly exposed: number;
  /** Credentials of the waves without an end. */
  readonly pending: number;
}

export function tallyOf(statuses: readonly Pick<CredentialStatus, 'state' | 'exposed'>[]): Tally {
  const count = (state: CredentialStatus['state']) => statuses.filter((status) => status.state === state).length;
  const counted = endStateNames.map((state) => [state, count(state)] as const).filter(([, many]) => many > 0);
  const exposed = statuses.filter((status) => status.exposed).length;
  return {
    total: statuses.length,
    ends: Object.fromEntries(counted),
    blocked: count('blocked'),
    exposed,
    pending: count('pending'),
  };
}
