import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { ApprovalRef } from '../model/approval.js';
import type { RotationPlan } from '../model/plan.js';
import type { Command, CommandOf, Outcome, Results } from '../protocol/commands.js';
import type { Hands } from '../protocol/observe.js';
import type { RotationState } from '../protocol/state.js';
import type { RotationRef, VerbName, Verbs } from '../protocol/verbs.js';
import { activityOptions } from './activityOptions.js';
import { attempt } from './failures.js';
import { mainTaskQueue, taskQueueOf } from './taskQueues.js';

/** Each command as an activity of its name, in the zone of its target; waiting is the workflow's own. */
export function rotationHands(state: RotationState, approval: ApprovalRef | null, wait: Hands['wait']): Hands {
  const { plan } = state.order;
  const rotation: RotationRef = {
    credential: plan.credential,
    descriptorDigest: plan.descriptorDigest,
    token: state.order.token,
    policy: state.policy,
    ...(approval && { approval }),
  };
  const by =
    <Name extends VerbName>(name: Name) =>
    (command: CommandOf<Name>): Promise<Outcome<Results[Name]>> => {
      const verbs: Verbs = proxyActivities<Verbs>(optionsFor(plan, name, command));
      return attempt(() => verbs[name](rotation, command));
    };
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
    finish: by('finish'),
    wait,
  };
}

function optionsFor(plan: RotationPlan, name: VerbName, command: Command): ActivityOptions {
  const place = 'target' in command ? { summary: command.target } : {};
  // What was not started by then never happened; a vault step may wait for its worker.
  const isEffect = 'notAfter' in command && command.do !== 'stage';
  const queueMs = isEffect ? { scheduleToStartTimeout: Math.max(1, command.notAfter - Date.now()) } : {};
  // A later attempt that failed without an effect would hide that an earlier one made a secret: only the protocol asks again.
  const once = issues(plan, command) ? { retry: { maximumAttempts: 1 } } : {};
  return { ...activityOptions[name], ...once, ...place, ...queueMs, taskQueue: queueOf(plan, command) };
}

/** The target itself makes the value. */
function issues(plan: RotationPlan, command: Command): boolean {
  return command.do === 'stage' && plan.maker === 'issued';
}

/** A value that the target itself makes is made where the target can be reached. */
function queueOf(plan: RotationPlan, command: Command): string {
  const target = issues(plan, command)
    ? plan.targets[0]
    : 'target' in command && plan.targets.find(({ id }) => id === command.target);
  return target ? taskQueueOf(target.zone) : mainTaskQueue;
}
