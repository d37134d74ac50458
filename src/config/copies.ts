import type { CopyShape } from '../model/copyShape.js';
import { credentialKinds, isKind, managementLogins } from '../model/kinds.js';
import { quoted } from '../model/printable.js';
import type { SecretRef } from './estate.js';
import type { Part } from './issues.js';
import type { Loading, Named } from './loading.js';
import { didYouMean } from './nearest.js';
import { resolveRef } from './references.js';
import type { ShapedCopy } from './schema.js';
import type { LoadedVault } from './vaults.js';

/** What may lie at a reference. */
export interface Holds {
  /** `password`, or what people call it. */
  readonly what: string;
  /** Relock's names of its fields. */
  readonly fields: readonly string[];
  /** The field that a plain text would be; null: it has more than one. */
  readonly text: string | null;
}

/** null: no such kind. */
export function heldBy(kind: string): Holds | null {
  if (!isKind(kind)) return null;
  const { ownedFields } = credentialKinds[kind];
  return { what: quoted(kind), fields: ownedFields, text: ownedFields.length === 1 ? ownedFields[0] : null };
}

export const managementHolds: Holds = {
  what: 'management secret',
  fields: managementLogins.flat(),
  text: 'password',
};

/** Where a secret is, with how it lies there; or null after adding what is wrong. `part`: where the reference stands. */
export function resolveCopy(
  copy: string | ShapedCopy,
  holds: Holds | null,
  part: Part,
  vaults: Named<LoadedVault>,
  loading: Loading,
): SecretRef | null {
  if (typeof copy === 'string') return resolveRef(copy, part.path, part, vaults, loading);
  const ref = resolveRef(copy.ref, [...part.path, 'ref'], part, vaults, loading);
  if (ref === null || holds === null) return ref;
  const problems = [...fieldProblems(copy, holds), ...textProblems(copy, holds, vaults.get(ref.vault) ?? null)];
  for (const { at, message } of problems) loading.problems.add([...part.path, ...at], `${part.title}: ${message}`);
  return problems.length > 0 ? null : { ...ref, shape: shapeOf(copy, holds) };
}

interface ShapeProblem {
  readonly at: readonly string[];
  readonly message: string;
}

function shapeOf({ fields = {}, format }: ShapedCopy, { text }: Holds): CopyShape {
  return { fields, text: format === 'text' ? text : null };
}

function fieldProblems({ fields = {} }: ShapedCopy, holds: Holds): readonly ShapeProblem[] {
  const known = [...holds.fields, 'username'];
  const names = Object.entries(fields);
  const unknown = names.filter(([ours]) => !known.includes(ours));
  const twice = names.filter(([, theirs], index) => names.findIndex(([, other]) => other === theirs) < index);
  return [
    ...unknown.map(([ours]) => ({
      at: ['fields', ours],
      message: `${quoted(ours)} is no field of a ${holds.what}; expected one of ${known.join(', ')}${didYouMean(ours, known)}`,
    })),
    ...twice.map(([ours, theirs]) => ({
      at: ['fields', ours],
      message: `${quoted(theirs)} is given for two fields; expected each name once`,
    })),
  ];
}

function textProblems(
  { fields, format }: ShapedCopy,
  { what, text }: Holds,
  vault: LoadedVault | null,
): readonly ShapeProblem[] {
  if (format !== 'text') return [];
  const at = ['format'];
  if (vault !== null && !vault.type.keepsText)
    return [
      {
        at,
        message:
          'a secret in this vault always has named fields; expected `fields`, such as fields: { password: value }',
      },
    ];
  if (text === null)
    return [{ at, message: `a ${what} has more than one field, and a text has room for one; expected format: json` }];
  return fields === undefined
    ? []
    : [{ at, message: 'a text has no fields; expected either `fields` or format: text' }];
}
