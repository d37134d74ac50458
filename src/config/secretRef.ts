import { secretPathProblem } from '../model/identifiers.js';
import type { SecretRef } from './estate.js';

export type ParsedRef = { readonly ref: SecretRef } | { readonly problem: string };

/** `vault:path`. Says nothing of whether that vault exists. */
export function parseSecretRef(text: string): ParsedRef {
  const colon = text.indexOf(':');
  if (colon <= 0) return { problem: 'expected vault:path, such as "primary:itron/headend-svc"' };
  const path = text.slice(colon + 1);
  const problem = secretPathProblem(path);
  return problem === null ? { ref: { vault: text.slice(0, colon), path } } : { problem };
}

export function formatSecretRef(ref: SecretRef): string {
  return `${ref.vault}:${ref.path}`;
}
