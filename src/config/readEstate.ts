import { basename, dirname, resolve } from 'node:path';
import type { DriverEnvironment } from '../contracts/registration.js';
import { loadApprovals } from './approvals.js';
import { type LoadedArtifacts, loadArtifacts } from './artifacts.js';
import { addCollisions, addDuplicateIds } from './collisions.js';
import { type LoadedCredential, loadCredentials } from './credentials.js';
import type { Estate, Problem } from './estate.js';
import { validated } from './issues.js';
import { LazyMap } from './lazyMap.js';
import { isRecord, type Loading, type Named } from './loading.js';
import { managementCycles, managementNeeds } from './management.js';
import { ProblemList } from './problemList.js';
import { readConfigFile } from './readFile.js';
import type { Registries } from './registries.js';
import { codecSchema, frameSchema, timingSchema, wavesSchema } from './schema.js';
import { addShapeConflicts, shapesIn } from './shapes.js';
import { addControlCharacters } from './strings.js';
import { type LoadedTarget, loadTargets } from './targets.js';
import { type LoadedVault, loadVaults } from './vaults.js';
import { parseYaml, type Source } from './yamlSource.js';
import { addZoneProblems } from './zones.js';

export type Loaded = { readonly estate: Estate } | { readonly problems: readonly Problem[] };

export interface ReadOptions extends Pick<DriverEnvironment, 'environment' | 'now'> {
  readonly registries: Registries;
}

/**
 * Reads and checks relock.yaml. Names everything that is wrong at once; touches nothing but that file and the files that
 * it names, and no network. Never throws.
 */
export function readEstate(file: string, options: ReadOptions): Loaded {
  const path = resolve(file);
  const read = readConfigFile(path);
  if ('problem' in read) return { problems: [{ file, line: null, message: read.problem }] };
  const parsed = parseYaml(read.text);
  if ('problems' in parsed) return { problems: parsed.problems.map((problem) => ({ file, ...problem })) };
  return loadSource(file, path, parsed.source, options);
}

function loadSource(file: string, path: string, source: Source, options: ReadOptions): Loaded {
  const problems = new ProblemList(file, (at) => source.lineOf(at));
  const { registries, environment, now } = options;
  const loading: Loading = { registries, problems, environment: { environment, now, baseDirectory: dirname(path) } };
  const root = source.value;
  if (!isRecord(root)) {
    problems.add([], 'the file is not a map; expected vaults, artifacts, targets and credentials at its top level');
    return { problems: problems.sorted() };
  }
  addControlCharacters(root, problems);
  const parts = loadParts(root, path, source, loading);
  if (!problems.isEmpty || parts === null) return { problems: problems.sorted() };
  return { estate: assemble(path, parts) };
}

type CodecFiles = 'codecKeyFile' | 'opaqueIdsFile';

interface Parts {
  readonly vaults: Named<LoadedVault>;
  readonly artifacts: LoadedArtifacts;
  readonly targets: Named<LoadedTarget>;
  readonly credentials: readonly LoadedCredential[];
  readonly settings: Pick<Estate, 'approvals' | CodecFiles | 'waves' | 'timing'>;
}

function loadParts(
  root: Readonly<Record<string, unknown>>,
  path: string,
  source: Source,
  loading: Loading,
): Parts | null {
  validated(frameSchema, root, { path: [], title: 'relock.yaml' }, loading.problems);
  const settings = loadSettings(root, loading);
  const vaults = loadVaults(recordOf(root.vaults), loading);
  const artifacts = loadArtifacts(root.artifacts, loading);
  const targets = loadTargets(recordOf(root.targets), vaults, loading);
  const around = {
    vaults,
    targets,
    lineOf: (at: Parameters<Source['lineOf']>[0]) => source.lineOf(at),
    fileName: basename(path),
  };
  const credentials = loadCredentials(Array.isArray(root.credentials) ? root.credentials : [], around, loading);
  addDuplicateIds(root.credentials, around.lineOf, loading);
  addCollisions(credentials, targets, loading);
  addShapeConflicts(credentials, targets, loading);
  addCycles(credentials, targets, loading);
  addZoneProblems(vaults, artifacts, targets, loading);
  return artifacts === null || settings === null ? null : { vaults, artifacts, targets, credentials, settings };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function loadSettings(root: Readonly<Record<string, unknown>>, loading: Loading): Parts['settings'] | null {
  const waves = validated(wavesSchema, root.waves ?? {}, { path: ['waves'], title: 'waves' }, loading.problems);
  const timing = validated(timingSchema, root.timing ?? {}, { path: ['timing'], title: 'timing' }, loading.problems);
  const approvals = root.approvals === undefined ? null : loadApprovals(root.approvals, loading);
  const codec = codecFilesOf(root.codec ?? {}, loading);
  return waves === null || timing === null ? null : { waves, timing, approvals, ...codec };
}

/** Whether they are there is asked when they are needed: not every command speaks to Temporal. */
function codecFilesOf(given: unknown, loading: Loading): Pick<Estate, CodecFiles> {
  const codec = validated(codecSchema, given, { path: ['codec'], title: 'codec' }, loading.problems);
  const fileOf = (file: string | undefined) =>
    file === undefined ? null : resolve(loading.environment.baseDirectory, file);
  return { codecKeyFile: fileOf(codec?.keyFile), opaqueIdsFile: fileOf(codec?.opaqueIds) };
}

function addCycles(credentials: readonly LoadedCredential[], targets: Named<LoadedTarget>, loading: Loading): void {
  const byId = new Map(credentials.map((credential) => [credential.entry.id, credential]));
  const entries = new Map(credentials.map(({ entry }) => [entry.id, entry]));
  for (const cycle of managementCycles(managementNeeds(entries, entriesOf(targets)))) {
    const first = byId.get(cycle[0] ?? '');
    const ring = [...cycle, cycle[0]].join(' → ');
    loading.problems.add(
      first?.path ?? [],
      `each of these is changed by the login of the next, in a circle: ${ring}; expected one that is changed by a login outside the circle: give one of their targets another "management" secret`,
    );
  }
}

function entriesOf(targets: Named<LoadedTarget>): Estate['targets'] {
  return new Map([...targets].flatMap(([id, target]) => (target === null ? [] : [[id, target.entry] as const])));
}

function assemble(file: string, parts: Parts): Estate {
  const shapes = (name: string) => shapesIn(name, parts.credentials, parts.targets);
  const makers = [...parts.vaults].flatMap(([name, vault]) =>
    vault === null ? [] : [[name, () => vault.create(shapes(name))] as const],
  );
  const artifacts = new LazyMap(new Map([['artifacts', parts.artifacts.create]]));
  return {
    file,
    credentials: new Map(parts.credentials.map(({ entry }) => [entry.id, entry])),
    targets: entriesOf(parts.targets),
    vaults: new LazyMap(new Map(makers)),
    get artifacts() {
      return artifacts.get('artifacts') ?? parts.artifacts.create();
    },
    ...parts.settings,
  };
}
