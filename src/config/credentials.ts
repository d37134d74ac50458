import { idProblem, nameProblem } from '../model/identifiers.js';
import { type CredentialKind, isKind, kindNames } from '../model/kinds.js';
import { quoted } from '../model/printable.js';
import { heldBy, resolveCopy } from './copies.js';
import { descriptorDigest } from './descriptor.js';
import type { CredentialEntry, SecretRef } from './estate.js';
import { type Part, validated } from './issues.js';
import { isRecord, type Loading, type Named } from './loading.js';
import { didYouMean } from './nearest.js';
import type { ConfigPath } from './problemList.js';
import { type CredentialInput, credentialSchema } from './schema.js';
import { fitProblems } from './targetFit.js';
import type { LoadedTarget } from './targets.js';
import type { LoadedVault } from './vaults.js';

/** A credential and where it stands. */
export interface LoadedCredential {
  readonly entry: CredentialEntry;
  readonly path: ConfigPath;
  readonly line: number;
}

export interface Surroundings {
  readonly vaults: Named<LoadedVault>;
  readonly targets: Named<LoadedTarget>;
  readonly lineOf: (path: ConfigPath) => number;
  /** Base name of relock.yaml, for provenance. */
  readonly fileName: string;
}

export function loadCredentials(
  entries: readonly unknown[],
  around: Surroundings,
  loading: Loading,
): readonly LoadedCredential[] {
  const load = (entry: unknown, index: number) =>
    loading.problems.isFull ? [] : (loadCredential(entry, ['credentials', index], around, loading) ?? []);
  return entries.flatMap(load);
}

function loadCredential(
  entry: unknown,
  path: ConfigPath,
  around: Surroundings,
  loading: Loading,
): LoadedCredential | null {
  const part = { path, title: titleOf(entry, path) };
  const input = validated(credentialSchema, entry, part, loading.problems);
  if (input === null) return null;
  nameProblems(input, part, loading);
  const kind = checkedKind(input.kind, part, loading);
  const copies = resolveCopies(input, part, around.vaults, loading);
  const targets = resolveTargets(input, part, around.targets, loading);
  if (kind === null || copies === null || targets === null) return null;
  if (input.keyType !== undefined && kind !== 'ssh-key')
    loading.problems.add(
      [...path, 'keyType'],
      `${part.title}: keyType says the kind of an ssh-key, and it is a ${kind}; expected none`,
    );
  for (const problem of fitProblems(kind, input.account, targets)) {
    loading.problems.add([...path, problem.key], `${part.title}: ${problem.message}`);
  }
  const line = around.lineOf(path);
  return { entry: resolved(input, kind, copies, targets, `${around.fileName}:${line}`), path, line };
}

function titleOf(entry: unknown, path: ConfigPath): string {
  const id = isRecord(entry) ? entry.id : null;
  return typeof id === 'string' ? `credential ${quoted(id)}` : `credential no. ${Number(path[1]) + 1}`;
}

function nameProblems(input: CredentialInput, part: Part, loading: Loading): void {
  const problems = { id: idProblem(input.id), vendor: nameProblem(input.vendor) };
  for (const key of ['id', 'vendor'] as const) {
    if (problems[key] === null) continue;
    loading.problems.add(
      [...part.path, key],
      `${part.title}: ${key} ${quoted(input[key])} is not allowed; ${problems[key]}`,
    );
  }
}

function checkedKind(kind: string, part: Part, loading: Loading): CredentialKind | null {
  if (isKind(kind)) return kind;
  const message = `unknown kind ${quoted(kind)}; expected one of ${kindNames.join(', ')}${didYouMean(kind, kindNames)}`;
  loading.problems.add([...part.path, 'kind'], `${part.title}: ${message}`);
  return null;
}

function resolveCopies(
  input: CredentialInput,
  part: Part,
  vaults: Named<LoadedVault>,
  loading: Loading,
): readonly SecretRef[] | null {
  const holds = heldBy(input.kind);
  const copies = input.copies.map((copy, index) =>
    resolveCopy(copy, holds, { ...part, path: [...part.path, 'copies', index] }, vaults, loading),
  );
  const found = copies.filter((copy) => copy !== null);
  return found.length === copies.length ? found : null;
}

function resolveTargets(
  input: CredentialInput,
  part: Part,
  targets: Named<LoadedTarget>,
  loading: Loading,
): readonly LoadedTarget[] | null {
  const seen = new Set<string>();
  for (const [index, id] of input.targets.entries()) {
    const at = [...part.path, 'targets', index];
    if (seen.has(id))
      loading.problems.add(at, `${part.title}: target ${quoted(id)} is listed twice; expected each once: remove one`);
    else if (!targets.has(id)) loading.problems.add(at, `${part.title}: ${unknownTarget(id, targets)}`);
    seen.add(id);
  }
  const found = input.targets.map((id) => targets.get(id) ?? null).filter((target) => target !== null);
  return found.length === input.targets.length && seen.size === found.length ? found : null;
}

function unknownTarget(id: string, targets: Named<LoadedTarget>): string {
  const hint = didYouMean(id, [...targets.keys()].slice(0, 2_000));
  return `target ${quoted(id)} is not under "targets"; expected the id of one that is, or add it there${hint}`;
}

function resolved(
  input: CredentialInput,
  kind: CredentialKind,
  copies: readonly SecretRef[],
  targets: readonly LoadedTarget[],
  provenance: string,
): CredentialEntry {
  const { id, vendor, account, adopt, usernameDiffers, keyType = null } = input;
  return {
    id,
    vendor,
    kind,
    account,
    targets: input.targets,
    copies,
    everyDays: input.everyDays ?? null,
    adopt,
    usernameDiffers,
    keyType,
    owner: input.owner ?? null,
    provenance,
    descriptorDigest: descriptorDigest({
      kind,
      account,
      copies,
      targets: targets.map((target) => target.descriptor),
      adopt,
      usernameDiffers,
      keyType,
    }),
  };
}
