import type { TargetId, VersionId } from './record.js';

/** What a rotation's versions are called; the first 8 characters of its token tell them from other rotations'. */
export const candidateVersion = (token: string): VersionId => `new-${token8(token)}`;
export const oldVersion = (token: string, label: string): VersionId => `old-${token8(token)}-${label}`;
export const captureVersion = (token: string, target: TargetId): VersionId => `capture-${token8(token)}-${target}`;

/** Label of the held copy of what readers got when the rotation began. */
export const baseLabel = 'base';

/** Whether a rotation with this token named that version. */
export function isVersionOf(token: string, version: VersionId): boolean {
  const [, part] = version.split('-', 2);
  return part === token8(token);
}

function token8(token: string): string {
  return token.slice(0, 8);
}
