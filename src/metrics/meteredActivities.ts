import type { RelockActivities } from '../activities/createActivities.js';
import type { RelockMetrics } from './relockMetrics.js';

/** The same activities; what probes were answered is counted. */
export function meteredActivities(activities: RelockActivities, metrics: RelockMetrics): RelockActivities {
  return {
    ...activities,
    async probe(rotation, command) {
      const seen = await activities.probe(rotation, command);
      metrics.probed(seen.answer);
      return seen;
    },
  };
}
