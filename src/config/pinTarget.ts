import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { CallContext } from '../contracts/context.js';
import type { TargetType } from '../contracts/registration.js';
import { quoted } from '../model/printable.js';
import { driverSettings } from './driverSettings.js';
import type { Problem } from './estate.js';
import { isRecord, type Loading } from './loading.js';
import { didYouMean } from './nearest.js';
import { ProblemList } from './problemList.js';
import type { ReadOptions } from './readEstate.js';
import { readConfigFile } from './readFile.js';
import { targetFrameKeys } from './schema.js';
import { withKeySet } from './yamlEdit.js';
import { parseYaml } from './yamlSource.js';

/** One target whose server can be identified, pinned already or not. */
export interface PinnableTarget {
  readonly host: string;
  /** The key in relock.yaml that holds the pin. */
  readonly setting: string;
  /** What relock.yaml says now; null: nothing. */
  readonly pinned: string | null;
  /** What the server shows. Throws `DriverError`. */
  fetch(context: CallContext): Promise<string>;
  /** Sets the pin in relock.yaml, and nothing else there. false: the file is not written in a way that allows it, or has changed meanwhile. */
  write(pin: string): boolean;
}

/** A target of a relock.yaml that may lack this target's pin; the rest of the file is not judged. */
export function pinnableTarget(
  file: string,
  id: string,
  options: ReadOptions,
): { readonly target: PinnableTarget } | { readonly problems: readonly Problem[] } {
  const path = resolve(file);
  const read = readConfigFile(path);
  if ('problem' in read) return { problems: [{ file, line: null, message: read.problem }] };
  const parsed = parseYaml(read.text);
  if ('problems' in parsed) return { problems: parsed.problems.map((problem) => ({ file, ...problem })) };
  const { registries, environment, now } = options;
  const problems = new ProblemList(file, (at) => parsed.source.lineOf(at));
  const loading: Loading = { registries, problems, environment: { environment, now, baseDirectory: dirname(path) } };
  const target = readTarget(parsed.source.value, id, loading, { path, text: read.text });
  return target === null ? { problems: problems.sorted() } : { target };
}

interface FileState {
  readonly path: string;
  readonly text: string;
}

function readTarget(root: unknown, id: string, loading: Loading, file: FileState): PinnableTarget | null {
  const targets = isRecord(root) && isRecord(root.targets) ? root.targets : {};
  const entry = Object.hasOwn(targets, id) ? targets[id] : undefined;
  const part = { path: ['targets', id], title: `target ${quoted(id)}` };
  if (!isRecord(entry)) {
    const known = Object.keys(targets);
    loading.problems.add(
      ['targets'],
      `${part.title} is not under "targets"; expected the id of one that is${didYouMean(id, known)}`,
    );
    return null;
  }
  const type = loading.registries.targets.find((each) => each.type === entry.type);
  if (type?.pin === undefined) {
    loading.problems.add(
      part.path,
      `${part.title}: targets of type ${quoted(String(entry.type))} pin nothing; expected a target whose type does`,
    );
    return null;
  }
  const { setting, placeholder } = type.pin;
  const accepted = driverSettings(type.settings, { ...entry, [setting]: placeholder }, targetFrameKeys, part, loading);
  if (accepted === null) return null;
  const given = entry[setting];
  const pinned = typeof given === 'string' ? given : null;
  return pinnable(type, type.pin, { id, settings: accepted.settings, pinned }, loading, file);
}

function pinnable(
  type: TargetType,
  source: NonNullable<TargetType['pin']>,
  target: { readonly id: string; readonly settings: unknown; readonly pinned: string | null },
  loading: Loading,
  file: FileState,
): PinnableTarget {
  return {
    host: type.host(target.settings),
    setting: source.setting,
    pinned: target.pinned,
    fetch: (context) => source.fetch(target, loading.environment, context),
    write: (pin) => {
      const text = withKeySet(file.text, ['targets', target.id], source.setting, pin);
      return text !== null && replaceFile(file, text);
    },
  };
}

/** All or nothing, with the mode that the file had. */
function replaceFile({ path, text }: FileState, next: string): boolean {
  const real = realpathSync(path);
  if (readFileSync(real, 'utf8') !== text) return false;
  const temporary = `${real}.${process.pid}.new`;
  try {
    writeFileSync(temporary, next, { flag: 'wx', mode: statSync(real).mode });
    renameSync(temporary, real);
    return true;
  } finally {
    rmSync(temporary, { force: true });
  }
}
