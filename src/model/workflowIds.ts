import type { CredentialId } from './record.js';

/** One workflow per credential: the id is the lock. */
export function rotationWorkflowId(credential: CredentialId): string {
  return `rotate/${credential}`;
}

export function incidentWorkflowId(vendor: string, key: string): string {
  return `incident/${vendor}/${key}`;
}

/** `wave` is 0-based; people count from one. */
export function waveWorkflowId(incident: string, wave: number): string {
  return `${incident}/wave-${wave + 1}`;
}
