import type { InstalledPackage } from './installed.js';

/** Licences under which relock may be given on together with its own, Apache-2.0. CC-BY-4.0 is for data. */
const allowed: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'Unlicense',
]);

/** Packages that name no licence, by what their LICENSE file says; a new version is read anew. */
const readByHand: Readonly<Record<string, string>> = { 'unionfs@4.6.0': 'Unlicense' };

/** One line for each package that may not be given on. */
export function licenceProblems(packages: readonly InstalledPackage[]): readonly string[] {
  return packages.flatMap(({ name, version, licence }) => {
    const known = licence ?? readByHand[`${name}@${version}`] ?? null;
    if (known !== null && isAllowed(known)) return [];
    return [
      known === null
        ? `${name}@${version} names no licence. Read its LICENSE file, then add it to scripts/dependencies/licences.ts`
        : `${name}@${version} is under ${known}, which is not among the licences allowed. Use another package, or have it allowed`,
    ];
  });
}

/** AND asks for all, OR for one. Anything else in an expression (WITH, nested brackets) is not understood, and so not allowed. */
function isAllowed(expression: string): boolean {
  const plain = /^\(([^()]*)\)$/.exec(expression)?.[1] ?? expression;
  if (plain.includes(' OR ')) return !plain.includes(' AND ') && plain.split(' OR ').some(isAllowed);
  return plain.split(' AND ').every((each) => allowed.has(each));
}
