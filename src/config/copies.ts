import type { CopyShape } from '../model/copyShape.js';
import { credentialKinds, isKind } from '../model/kinds.js';
import { quoted } from '../model/printable.js';
import type { SecretRef } from './estate.js';
import type { Part } from './issues.js';
import type { Loading, Named } from './loading.js';
import { didYouMean } from './nearest.js';
import { resolveRef } from './references.js';
import type { CredentialInput, ShapedCopy } from './schema.js';
import type { LoadedVault } from './vaults.js';

/** One copy of a credential, with how it lies there; or null after adding what is wrong. `part`: where the copy stands. */
export function resolveCopy(
  copy: CredentialInput['copies'][number],
  kind: string,
  part: Part,
  vaults: Named<LoadedVault>,
  loading: Loading,
): SecretRef | null {
  if (typeof copy === 'string') return resolveRef(copy, part.path, part, vaults, loading);
  const ref = resolveRef(copy.ref, [...part.path, 'ref'], part, vaults, loading);
  if (ref === null) return null;
  const problems = [...fieldProblems(copy, kind), ...textProblems(copy, kind, vaults.get(ref.vault) ?? null)];
  for (const { at, message } of problems) loading.problems.add([...part.path, ...at], `${part.title}: ${message}`);
  return problems.length > 0 ? null : { ...ref, shape: shapeOf(copy, kind) };
}

interface ShapeProblem {
  readonly at: readonly string[];
  readonly message: string;
}

function shapeOf({ fields = {}, format }: ShapedCopy, kind: string): CopyShape {
  return { fields, text: format === 'text' && isKind(kind) ? credentialKinds[kind].ownedFields[0] : null };
}

function fieldProblems({ fields = {} }: ShapedCopy, kind: string): readonly ShapeProblem[] {
  const known = [...(isKind(kind) ? credentialKinds[kind].ownedFields : []), 'username'];
  const names = Object.entries(fields);
  const unknown = names.filter(([ours]) => !known.includes(ours));
  const twice = names.filter(([, theirs], index) => names.findIndex(([, other]) => other === theirs) < index);
  return [
    ...unknown.map(([ours]) => ({
      at: ['fields', ours],
      message: `${quoted(ours)} is no field of a ${quoted(kind)}; expected one of ${known.join(', ')}${didYouMean(ours, known)}`,
    })),
    ...twice.map(([ours, theirs]) => ({
      at: ['fields', ours],
      message: `${quoted(theirs)} is given for two fields; expected each name once`,
    })),
  ];
}

function textProblems(
  { fields, format }: ShapedCopy,
  kind: string,
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
  if (isKind(kind) && credentialKinds[kind].ownedFields.length > 1)
    return [
      { at, message: `a ${quoted(kind)} has more than one field, and a text has room for one; expected format: json` },
    ];
  return fields === undefined
    ? []
    : [{ at, message: 'a text has no fields; expected either `fields` or format: text' }];
}
