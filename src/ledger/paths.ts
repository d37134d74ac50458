import type { SecretPath } from '../contracts/vaultBackend.js';

const maxLength = 400;
/** Names that relock keeps for its own documents in one vault or another. */
const ownNames = ['relock', '.relock'];

/** null when it can be a secret's path; else what is wrong with it, in words that follow "the path". */
export function pathProblem(path: SecretPath): string | null {
  const segments = path.split('/');
  if (path.length > maxLength) return `is longer than ${maxLength} characters`;
  if (segments.some((segment) => segment === ''))
    return 'has an empty segment: write it as "a/b", no slash at either end';
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'has a "." or ".." segment';
  if (/\p{C}/u.test(path)) return 'has a control character';
  if (path !== path.normalize('NFC')) return 'is not in Unicode normal form C';
  if (segments.some((segment) => segment !== segment.trim())) return 'has a segment that begins or ends with a space';
  if (ownNames.includes(segments[0] ?? '')) return `begins with "${segments[0]}", which relock keeps for itself`;
  return null;
}
