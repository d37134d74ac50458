import { Context } from '@temporalio/activity';
import type { Estate } from '../config/estate.js';
import type { InventorySource } from '../contracts/inventorySource.js';
import type { ProbeAnswer } from '../model/probe.js';
import type { WorkflowIds } from '../model/workflowIds.js';
import type { Verbs } from '../protocol/verbs.js';
import { guardedVerbs } from './approvals/guardedVerbs.js';
import { type CarryOn, createCarryOn } from './carryOn.js';
import type { Clock } from './clock.js';
import { createDueActivities, type DueActivities } from './due/dueActivities.js';
import { temporalIncidents } from './due/temporalIncidents.js';
import { createIncidentActivities, type IncidentActivities } from './incident/incidentActivities.js';
import { temporalRotations } from './incident/temporalRotations.js';
import { withPatientVaults } from './patient.js';
import { createRecordResult, type RecordResult } from './recordResult.js';
import { createTargetVerbs } from './targetVerbs.js';
import { createVaultVerbs } from './vaultVerbs.js';

export interface ActivityDeps {
  readonly estate: Estate;
  readonly inventory: InventorySource;
  /** The zone that this worker serves; null: the main queue. A refusal counts only beside an acceptance from the same zone. */
  readonly zone: string | null;
  readonly ids: WorkflowIds;
  /** Told what each probe was answered. */
  probed(answer: ProbeAnswer): void;
}

export type RelockActivities = Verbs & CarryOn & RecordResult & IncidentActivities & DueActivities;

/** Time of this process; cancellation of the activity that asks. Calls end by `callMs`, well before Temporal's time-outs. */
const activityClock: Clock = { now: Date.now, signal: () => Context.current().cancellationSignal };

/** Everything that workflows may ask of a worker, over its own relock.yaml. Run them inside `activityBoundary`. */
export function createActivities({ estate, inventory, zone, ids, probed }: ActivityDeps): RelockActivities {
  const clock = activityClock;
  const deps = { estate, clock, vantage: zone ?? 'main' };
  const targetVerbs = createTargetVerbs({ ...deps, estate: withPatientVaults(estate) });
  const verbs = guardedVerbs({ ...createVaultVerbs(deps), ...targetVerbs }, estate, clock);
  const counted: Verbs = {
    ...verbs,
    async probe(rotation, command) {
      const seen = await verbs.probe(rotation, command);
      probed(seen.answer);
      return seen;
    },
  };
  return {
    ...counted,
    ...createCarryOn(counted, clock),
    ...createRecordResult({ estate, clock }),
    ...createIncidentActivities({ estate, inventory, clock, rotations: temporalRotations, ids }),
    ...createDueActivities({ estate, inventory, clock, incidents: temporalIncidents, ids }),
  };
}
