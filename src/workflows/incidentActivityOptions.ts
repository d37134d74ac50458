import type { ActivityOptions } from '@temporalio/workflow';

/** Reads and writes the artifact store; write-once, so repeating it converges. A store that is down is waited for. */
export const incidentActivityOptions: ActivityOptions = {
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
};

/** Reads the vaults' own records of hundreds of credentials. When nobody can say for hours what is due, the look fails. */
export const lookActivityOptions: ActivityOptions = {
  startToCloseTimeout: '30 minutes',
  scheduleToCloseTimeout: '4 hours',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '5 seconds', maximumInterval: '5 minutes' },
};

/** A page of real logins and vault questions, bounded by the calls' own deadlines; looking twice would spend refusals. */
export const precheckActivityOptions: ActivityOptions = {
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 1 },
};

/** Waits for a rotation that somebody else started; it may be parked for weeks. A worker that dies is replaced. */
export const waitingActivityOptions: ActivityOptions = {
  startToCloseTimeout: '100 days',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
};
