import { getClient } from '@temporalio/activity';
import { DriverError } from '../../model/errors.js';
import { incidentNameOf, incidentWorkflowId } from '../../model/workflowIds.js';
import type { OpenIncidents } from './dueActivities.js';

/** The incidents of the Temporal namespace that the activity itself runs in. */
export const temporalIncidents: OpenIncidents = {
  async ofVendor(vendor) {
    const query = "WorkflowType = 'respondToIncident' AND ExecutionStatus = 'Running'";
    const found: string[] = [];
    try {
      for await (const workflow of getClient().workflow.list({ query })) found.push(incidentNameOf(workflow));
    } catch {
      throw noAnswer(vendor);
    }
    return found.filter((name) => name.startsWith(incidentWorkflowId(vendor, '')));
  },
};

function noAnswer(vendor: string): DriverError {
  return new DriverError({
    code: 'Unreachable',
    effect: 'none',
    driver: 'temporal',
    subject: vendor,
    message: `the Temporal server did not say which incidents of ${vendor} are open; nothing was started. It is asked again; if it stays so, see whether its visibility store works.`,
  });
}
