import type { TargetType } from '../contracts/registration.js';
import { idProblem, nameProblem } from '../model/identifiers.js';
import { quoted } from '../model/printable.js';
import { bindTarget } from './bindTarget.js';
import { managementHolds, resolveCopy } from './copies.js';
import { targetDescriptor } from './descriptor.js';
import { driverSettings } from './driverSettings.js';
import type { TargetEntry } from './estate.js';
import { type Part, validated } from './issues.js';
import { isRecord, type Loading, type Named } from './loading.js';
import { didYouMean } from './nearest.js';
import { targetFrameKeys, targetFrameSchema } from './schema.js';
import type { LoadedVault } from './vaults.js';

export interface LoadedTarget {
  readonly entry: TargetEntry;
  /** Canonical text of all that says what this target is; part of each descriptor digest. */
  readonly descriptor: string;
}

export function loadTargets(
  entries: Readonly<Record<string, unknown>>,
  vaults: Named<LoadedVault>,
  loading: Loading,
): Named<LoadedTarget> {
  return new Map(Object.entries(entries).map(([id, entry]) => [id, loadTarget(id, entry, vaults, loading)]));
}

function loadTarget(id: string, entry: unknown, vaults: Named<LoadedVault>, loading: Loading): LoadedTarget | null {
  const part = { path: ['targets', id], title: `target ${quoted(id)}` };
  const problem = idProblem(id);
  if (problem !== null) loading.problems.add(part.path, `${part.title}: the id is not allowed; ${problem}`);
  if (!isRecord(entry)) {
    loading.problems.add(part.path, `${part.title} must be a map such as { type: linux, address: …, hostKey: … }`);
    return null;
  }
  const frame = loadFrame(entry, part, vaults, loading);
  const type = targetType(entry.type, part, loading);
  if (type === null) return null;
  const accepted = driverSettings(type.settings, entry, targetFrameKeys, part, loading);
  if (accepted === null || frame === null) return null;
  const bound = bindTarget(type, id, accepted.settings, loading.environment);
  const target = { bound, type: type.type, zone: frame.zone, management: frame.management };
  return { entry: target, descriptor: targetDescriptor(target, accepted.settings) };
}

function loadFrame(
  entry: Readonly<Record<string, unknown>>,
  part: Part,
  vaults: Named<LoadedVault>,
  loading: Loading,
): Pick<TargetEntry, 'zone' | 'management'> | null {
  const own = Object.fromEntries(
    targetFrameKeys.filter((key) => key !== 'type' && key in entry).map((key) => [key, entry[key]]),
  );
  const frame = validated(targetFrameSchema, own, part, loading.problems);
  if (frame === null) return null;
  const zone = frame.zone ?? null;
  const zoneProblem = zone === null ? null : nameProblem(zone);
  if (zoneProblem !== null)
    loading.problems.add(
      [...part.path, 'zone'],
      `${part.title}: zone ${quoted(zone ?? '')} is not allowed; ${zoneProblem}`,
    );
  if (frame.management === undefined) return { zone, management: null };
  const { account, secret } = frame.management;
  const at = { ...part, path: [...part.path, 'management', 'secret'] };
  const ref = resolveCopy(secret, managementHolds, at, vaults, loading);
  return ref === null ? null : { zone, management: { account, secret: ref } };
}

function targetType(name: unknown, part: Part, loading: Loading): TargetType | null {
  const known = loading.registries.targets.map((type) => type.type);
  const choice = `expected one of ${known.join(', ')}`;
  if (typeof name !== 'string') {
    loading.problems.add(part.path, `${part.title}: "type" is missing; ${choice}`);
    return null;
  }
  const type = loading.registries.targets.find((each) => each.type === name);
  if (type !== undefined) return type;
  loading.problems.add(
    [...part.path, 'type'],
    `${part.title}: unknown driver ${quoted(name)}; ${choice}${didYouMean(name, known)}`,
  );
  return null;
}
