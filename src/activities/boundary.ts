import type { Context } from '@temporalio/activity';
import { toFailure } from './toFailure.js';

/** Well under the heartbeat time-out, so that one lost beat does not count as a dead worker. */
const heartbeatIntervalMs = 4_000;

/** Around every activity of this worker: it says that it lives, and fails only with what may enter a history. */
export function activityBoundary(context: Context) {
  return {
    inbound: {
      async execute<Input>(input: Input, next: (input: Input) => Promise<unknown>): Promise<unknown> {
        // What runs within a workflow's own task lives and dies with that.
        const beat = context.info.isLocal ? undefined : setInterval(() => context.heartbeat(), heartbeatIntervalMs);
        try {
          return await next(input);
        } catch (error) {
          throw toFailure(error);
        } finally {
          clearInterval(beat);
        }
      },
    },
  };
}
