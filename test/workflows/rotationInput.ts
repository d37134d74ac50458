import type { Estate } from '../../src/config/estate.js';
import type { FailurePolicy } from '../../src/model/policy.js';
import { plainIds } from '../../src/model/workflowIds.js';
import { canonical, rotationToken } from '../../src/planning/digest.js';
import { planRotation } from '../../src/planning/planRotation.js';
import type { RotateCredentialInput } from '../../src/workflows/messages.js';

/** What `relock rotate` starts. */
export function rotationInput(
  estate: Estate,
  credential: string,
  options: { policy?: FailurePolicy; attempt?: number; reportTo?: string } = {},
): RotateCredentialInput {
  const { policy = 'restore', attempt = 1, reportTo } = options;
  const entry = estate.credentials.get(credential);
  if (entry === undefined) throw new Error(`no ${credential} in this estate`);
  const { plan } = planRotation(estate, entry, policy, plainIds);
  const token = rotationToken(credential, canonical(plan).digest, attempt);
  const order = { plan, token, policy };
  return { order, incident: null, reportTo: reportTo === undefined ? null : { workflowId: reportTo }, from: null };
}
