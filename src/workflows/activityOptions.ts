import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import type { Command } from '../protocol/commands.js';
import type { VerbName } from '../protocol/verbs.js';

/** The longest `callMs` and `probeMs` of relock.yaml, and a minute for what is around them. Calls end by their own deadline, earlier. */
const longestCall = '16 minutes';

/** A worker that died is noticed after this long; activities that live longer say so every few seconds. */
const heartbeatTimeout = '15 seconds';

/** A probe that no worker takes up for this long counts as unanswered: its zone has no worker, or far too few. */
const longestQueue = '2 minutes';

/** Only vaults hear of these, and repeating them converges, so they are tried again. Waits for a worker as long as it takes. */
const vaultStep: ActivityOptions = {
  startToCloseTimeout: longestCall,
  heartbeatTimeout,
  retry: { maximumAttempts: 5, initialInterval: '1 second', maximumInterval: '20 seconds' },
};

/** Reads at the target, changes nothing, refuses no login of the account: a failure is worth a second attempt. */
const readingStep: ActivityOptions = {
  startToCloseTimeout: longestCall,
  scheduleToStartTimeout: longestQueue,
  heartbeatTimeout,
  retry: { maximumAttempts: 2, initialInterval: '2 seconds' },
};

/** May be refused, and refusals are counted: only the protocol asks again. */
const probeStep: ActivityOptions = { ...readingStep, retry: { maximumAttempts: 1 } };

/**
 * Changes something at a target: only the protocol orders it again, after it has looked. Its time in the queue ends with
 * the order's `notAfter`; what was not started by then never happened.
 */
const effectStep: ActivityOptions = {
  startToCloseTimeout: longestCall,
  heartbeatTimeout,
  retry: { maximumAttempts: 1 },
};

/** Each command's time-outs and retries. */
export const activityOptions: Readonly<Record<VerbName, ActivityOptions>> = {
  open: vaultStep,
  stage: vaultStep,
  promote: vaultStep,
  note: vaultStep,
  finish: vaultStep,
  capture: readingStep,
  probe: probeStep,
  change: effectStep,
  revert: effectStep,
  confirm: effectStep,
  retire: effectStep,
  endSessions: effectStep,
  suspend: effectStep,
};

/** A stretch begins its last step within the longest `effectMs`, and ends when that has. */
const longestStretch = '32 minutes';

/** A stretch is never repeated as a whole: what was done is seen first. It waits for a worker as its first step would. */
export function stretchOptions({ do: name }: Command): ActivityOptions {
  const first = name === 'wait' ? vaultStep : activityOptions[name];
  return { ...first, startToCloseTimeout: longestStretch, retry: { maximumAttempts: 1 } };
}

/**
 * What only writes down how it ended, by the worker that has the workflow: done twice it is the same as once, and it comes
 * last, so that nothing waits behind it.
 */
export const localStep: LocalActivityOptions = {
  startToCloseTimeout: longestCall,
  retry: vaultStep.retry ?? {},
};
