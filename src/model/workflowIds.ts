import type { RotationPlan } from './plan.js';
import type { CredentialId } from './record.js';
import { type DueGroup, scheduleIdOf } from './schedule.js';

/** How workflows and schedules are called in Temporal, which stores their ids in clear. */
export interface WorkflowIds {
  /** The ids tell nobody a name. */
  readonly areOpaque: boolean;
  /** Tells keys apart, and nothing of them; null: there is none. Two who differ in it call the same thing otherwise. */
  readonly fingerprint: string | null;
  rotation(credential: CredentialId): string;
  /** Of an incident by its name, `incident/<vendor>/<key>`, which is what people, statements and artifacts call it. */
  incident(name: string): string;
  /** Also the id of the workflows that the schedule starts, to which Temporal adds the time of each. */
  due(group: DueGroup): string;
}

/** Ids are names. */
export const plainIds: WorkflowIds = {
  areOpaque: false,
  fingerprint: null,
  rotation: rotationWorkflowId,
  incident: (name) => name,
  due: scheduleIdOf,
};

/** One workflow per credential: the id is the lock. */
export function rotationWorkflowId(credential: CredentialId): string {
  return `rotate/${credential}`;
}

/** As the plan says; one that says nothing has the plain id. */
export function workflowIdOf({ workflowId, credential }: Pick<RotationPlan, 'workflowId' | 'credential'>): string {
  return workflowId ?? rotationWorkflowId(credential);
}

/** The name of an incident; its workflow's id as well where ids are plain. */
export function incidentWorkflowId(vendor: string, key: string): string {
  return `incident/${vendor}/${key}`;
}

/** As people type an incident's name: `<vendor>/<key>`. */
export function shortIncident(name: string): string {
  return name.replace(/^incident\//, '');
}

/** `incident` is its workflow's id; `wave` is 0-based, people count from one. */
export function waveWorkflowId(incident: string, wave: number): string {
  return `${incident}/wave-${wave + 1}`;
}

/** Whether a workflow has an id that tells no name. */
export function isOpaqueId(workflowId: string): boolean {
  return /^(rotate|incident|due)\/[a-z2-7]{32}(\/wave-\d+|-\d{4}-\d{2}-\d{2}T[\d:]+Z)?$/.test(workflowId);
}

/** Where its id does not tell its name, an incident's memo does, which is sealed. */
export function incidentMemo(name: string): Readonly<Record<'incident', string>> {
  return { incident: name };
}

/** The name of an incident, of what Temporal says about its workflow. */
export function incidentNameOf(workflow: {
  readonly workflowId: string;
  readonly memo?: Readonly<Record<string, unknown>> | undefined;
}): string {
  const named = workflow.memo?.incident;
  return typeof named === 'string' ? named : workflow.workflowId;
}
