import { type ActivityOptions, proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { CarryOn } from '../activities/carryOn.js';
import type { ApprovalRef } from '../model/approval.js';
import type { Command, CommandOf, Outcome, Results } from '../protocol/commands.js';
import { failing, type Hands, observe } from '../protocol/observe.js';
import type { RotationState } from '../protocol/state.js';
import { placeOf, type Stretch, type Stride } from '../protocol/stretch.js';
import { rotationRef, type VerbName, type Verbs } from '../protocol/verbs.js';
import { activityOptions, localStep, stretchOptions } from './activityOptions.js';
import { attempt, isNeverBegun } from './failures.js';
import { taskQueueOf } from './taskQueues.js';

/** Each command as an activity of its name, in the zone of its target; waiting is the workflow's own. */
export function rotationHands(state: RotationState, approval: ApprovalRef | null, wait: Hands['wait']): Hands {
  const rotation = rotationRef(state, approval, head());
  const by =
    <Name extends VerbName>(name: Name) =>
    (command: CommandOf<Name>): Promise<Outcome<Results[Name]>> => {
      const verbs: Verbs = proxyActivities<Verbs>({ ...activityOptions[name], ...whereAndWhen(state, command) });
      return attempt(() => verbs[name](rotation, command));
    };
  const { finish } = proxyLocalActivities<Pick<Verbs, 'finish'>>(localStep);
  return {
    open: by('open'),
    probe: by('probe'),
    stage: by('stage'),
    capture: by('capture'),
    change: by('change'),
    revert: by('revert'),
    confirm: by('confirm'),
    retire: by('retire'),
    endSessions: by('endSessions'),
    suspend: by('suspend'),
    promote: by('promote'),
    note: by('note'),
    finish: (command) => attempt(() => finish(rotation, command)),
    wait,
  };
}

/**
 * A step and those that follow from it, as one activity where the first would be one. `lost`: its worker was not heard of any
 * more; what it did, the vault says.
 */
export async function carryOn(stretch: Stretch, approval: ApprovalRef | null): Promise<readonly Stride[] | 'lost'> {
  const { state, command } = stretch;
  const activities = proxyActivities<CarryOn>({ ...stretchOptions(command), ...whereAndWhen(state, command) });
  const carried = await attempt(() => activities.carryOn(stretch, approval, head()));
  if (carried.ok) return carried.value;
  if (!isNeverBegun(carried)) return 'lost';
  return [{ observations: [await observe(command, failing(carried), Date.now)], at: Date.now() }];
}

/** The same for all runs of one rotation. */
function head(): string {
  return workflowInfo().firstExecutionRunId;
}

function whereAndWhen(state: RotationState, command: Command): ActivityOptions {
  const summary = 'target' in command ? `${command.do} on ${command.target}` : command.do;
  // What was not started by then never happened; a vault step may wait for its worker.
  const isEffect = 'notAfter' in command && command.do !== 'stage';
  const queueMs = isEffect ? { scheduleToStartTimeout: Math.max(1, command.notAfter - Date.now()) } : {};
  // A later attempt that failed without an effect would hide that an earlier one made a secret: only the protocol asks again.
  const once = command.do === 'stage' && state.order.plan.maker === 'issued' ? { retry: { maximumAttempts: 1 } } : {};
  return { ...once, summary, ...queueMs, taskQueue: taskQueueOf(placeOf(state, command)) };
}
