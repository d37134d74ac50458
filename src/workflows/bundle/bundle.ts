import { bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';
import { failureConverterPath } from '../../codec/dataConverter.js';
import { sharedPath, workflowsPath } from './source.js';

/** Every workflow in one piece. `encrypts`: failures in Temporal are, as everything else there. */
export function bundleWorkflows({
  encrypts,
  warn = () => undefined,
}: {
  readonly encrypts: boolean;
  readonly warn?: (message: string) => void;
}): Promise<WorkflowBundle & { readonly code: string }> {
  const quiet = () => undefined;
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn, error: console.error };
  const preloadModules = [sharedPath];
  return bundleWorkflowCode({ workflowsPath, preloadModules, logger, ...(encrypts && { failureConverterPath }) });
}
