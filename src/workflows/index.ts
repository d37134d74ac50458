import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import { respondToIncident } from './respondToIncident.js';
import { rotateCredential } from './rotateCredential.js';
import { rotateDue } from './rotateDue.js';
import { rotateWave } from './rotateWave.js';

// Every workflow that a worker runs. Where deployments are versioned, what is short ends on the version that began it,
// and what may take weeks goes on with the current one: its histories are replayed before each release.
setWorkflowOptions(whereVersioned('PINNED'), rotateCredential);
setWorkflowOptions(whereVersioned('PINNED'), rotateDue);
setWorkflowOptions(whereVersioned('AUTO_UPGRADE'), rotateWave);
setWorkflowOptions(whereVersioned('AUTO_UPGRADE'), respondToIncident);

/** Temporal takes no answer of a worker without a version that speaks of versions: its workflows would stand still. */
function whereVersioned(versioningBehavior: 'PINNED' | 'AUTO_UPGRADE') {
  return () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior } : {});
}

export { respondToIncident, rotateCredential, rotateDue, rotateWave };
