import type { CopyShape } from '../model/copyShape.js';

type Fields = CopyShape['fields'];

/** Before the name of a field that is not ours, where relock calls another one so. */
const aside = '\0';

/** What relock calls the field of that name in a copy. No two fields get one name, and `nameThere` leads back. */
export function ourName(fields: Fields, there: string): string {
  const ours = Object.keys(fields).find((name) => fields[name] === there);
  if (ours !== undefined) return ours;
  return Object.hasOwn(fields, there) || there.startsWith(aside) ? `${aside}${there}` : there;
}

/** What a field of relock's is called in a copy. */
export function nameThere(fields: Fields, ours: string): string {
  if (ours.startsWith(aside)) return ours.slice(aside.length);
  return (Object.hasOwn(fields, ours) ? fields[ours] : undefined) ?? ours;
}
