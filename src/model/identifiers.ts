const idPattern = /^[a-z0-9][a-z0-9._/-]*$/;
const namePattern = /^[a-z0-9][a-z0-9._-]*$/;
const vaultPattern = /^[a-z0-9][a-z0-9_-]*$/;

/** Folders that belong to relock in one vault or another: records and held versions. */
const reservedFolders = ['relock', '.relock'];

/** Ids are stored in clear (workflow ids, search attributes): what one must look like, or null when it is fine. */
export function idProblem(id: string): string | null {
  if (id.length > 200) return 'expected at most 200 characters';
  if (!idPattern.test(id)) return 'expected lower-case letters, digits and . _ / -, starting with a letter or digit';
  return segmentProblem(id);
}

/** Vendors and zones: like ids, without a slash. */
export function nameProblem(name: string): string | null {
  if (name.length > 100) return 'expected at most 100 characters';
  return namePattern.test(name) && !name.includes('..')
    ? null
    : 'expected lower-case letters, digits and . _ -, starting with a letter or digit, and no ".."';
}

/** A vault's name ends at the colon of a reference, so it has none. */
export function vaultNameProblem(name: string): string | null {
  return name.length <= 100 && vaultPattern.test(name)
    ? null
    : 'expected at most 100 lower-case letters, digits, _ and -, starting with a letter or digit';
}

/** What a path inside a vault must look like, or null when it is fine. */
export function secretPathProblem(path: string): string | null {
  if (path === '') return 'expected a path after the colon, such as primary:itron/headend-svc';
  if (path.length > 400) return 'expected at most 400 characters';
  const segments = path.split('/');
  const [first = ''] = segments;
  if (reservedFolders.includes(first)) return `expected another path: relock keeps its own records under ${first}/`;
  if (/\p{C}/u.test(path) || path !== path.normalize('NFC') || segments.some((segment) => segment !== segment.trim()))
    return 'expected no hidden characters, no blanks around a name, and letters in Unicode normal form C';
  return segmentProblem(path);
}

function segmentProblem(path: string): string | null {
  const segments = path.split('/');
  if (segments.includes('')) return 'expected no empty segment: no leading, trailing or double slash';
  if (segments.some((segment) => segment === '.' || segment.includes('..'))) return 'expected no "." or ".." in it';
  return null;
}
